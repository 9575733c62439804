import {homedir, hostname, userInfo} from 'node:os';
import path from 'node:path';
import type {Environment} from '../hosts/which-engine.js';
import {HolmError} from '../../engine/errors.js';

/** The local user and environment. */
export type Local = {readonly home: string; readonly user: string; readonly environment: Environment};

export const localOf = (environment: Environment): Local => {
	const home = environment.HOME || homedir();
	try {
		return {home, user: userInfo().username, environment};
	} catch {
		// The account has no name.
		return {home, user: environment.USER ?? '', environment};
	}
};

/** Values of the tokens about the remote host. */
export type Remote = {readonly original: string; readonly hostname: string; readonly port: number; readonly user: string};

/** Expands the `%` tokens of a value. Throws `unsupported` for an unknown one. Source: ssh_config(5), TOKENS. */
export const expandTokens = (value: string, {home, user}: Local, remote: Remote): string => {
	const tokens: Readonly<Record<string, string>> = {
		'%': '%', d: home, h: remote.hostname, i: String(process.getuid?.() ?? ''), L: hostname().split('.', 1)[0]!, l: hostname(), n: remote.original, p: String(remote.port), r: remote.user, u: user,
	};
	return value.replaceAll(/%(?<token>.?)/gsv, (whole, token: string) => {
		if (tokens[token] === undefined) {
			throw new HolmError('unsupported', `${JSON.stringify(value)} in the ssh configuration has ${JSON.stringify(whole)}, which Holm does not know`, {remedy: 'write it out'});
		}

		return tokens[token];
	});
};

/** Expands tokens, variables and a leading `~` in a file name. */
export const expandFile = (value: string, local: Local, remote: Remote): string => {
	const text = expandTokens(value, local, remote).replaceAll(/\$\{(?<name>\w+)\}/gv, (_whole, name: string) => local.environment[name] ?? '');
	return path.resolve(local.home, text === '~' || text.startsWith('~/') ? `.${text.slice(1)}` : text);
};
