import {HolmError} from '../engine/errors.js';

/** What a user writes after `ssh`: the name may be one that only the configuration knows. */
export type SshTarget = {readonly host: string; readonly user?: string; readonly port?: number};

/** A host as ProxyJump has it: `[user@]host[:port]`, or the same as ssh:// address. An address of IPv6 stands in brackets. */
export const parseTarget = (text: string): SshTarget => {
	const {user, bracketed, plain, port} = /^(?:ssh:\/\/)?(?:(?<user>[^@:\/\s\p{Control}]+)@)?(?:\[(?<bracketed>[\d.:a-f]+)\]|(?<plain>[\w.][\w.\-]*))(?::(?<port>\d{1,5}))?\/?$/iv.exec(text)?.groups ?? {};
	const host = bracketed ?? plain;
	const number = port === undefined ? undefined : Number(port);
	if (host === undefined || (number !== undefined && (number < 1 || number > 65_535))) {
		throw new HolmError('invalid', `${JSON.stringify(text.slice(0, 200))} is not a host to connect to by SSH`, {remedy: '[user@]host[:port]'});
	}

	return {host, ...user !== undefined && {user}, ...number !== undefined && {port: number}};
};
