import {HolmError} from '../engine/errors.js';

/** A host as after `ssh`; its name may be an alias from the ssh configuration. */
export type SshTarget = {readonly host: string; readonly user?: string; readonly port?: number};

/** Parses a host of ProxyJump: `[user@]host[:port]`, also with ssh://, IPv6 addresses in brackets. Throws `invalid`. */
export const parseTarget = (text: string): SshTarget => {
	const {user, bracketed, plain, port} = /^(?:ssh:\/\/)?(?:(?<user>[^@:\/\s\p{Control}]+)@)?(?:\[(?<bracketed>[\d.:a-f]+)\]|(?<plain>[\w.][\w.\-]*))(?::(?<port>\d{1,5}))?\/?$/iv.exec(text)?.groups ?? {};
	const host = bracketed ?? plain;
	const number = port === undefined ? undefined : Number(port);
	if (host === undefined || (number !== undefined && (number < 1 || number > 65_535))) {
		throw new HolmError('invalid', `${JSON.stringify(text.slice(0, 200))} is not a host to connect to by SSH`, {remedy: '[user@]host[:port]'});
	}

	return {host, ...user !== undefined && {user}, ...number !== undefined && {port: number}};
};
