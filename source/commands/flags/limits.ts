import {constants} from 'node:os';
import {HolmError} from '../../errors.js';
import type {RestartPolicy, Ulimit} from '../../resources.js';
import {parseWhole} from './sizes.js';

const ulimitNames = new Set(['as', 'core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack']);

/** `nofile=1024:2048`, or one number for both limits; -1 is without limit. */
export const parseUlimit = (value: string): Ulimit => {
	const match = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(value);
	if (!match || !ulimitNames.has(match[1]!)) {
		throw new HolmError('invalid', `invalid value "${value}" for --ulimit`, {remedy: 'it is NAME=SOFT[:HARD], such as nofile=1024:2048'});
	}

	const soft = Number(match[2]);
	const hard = Number(match[3] ?? match[2]);
	if (hard !== -1 && (soft > hard || soft === -1)) {
		throw new HolmError('invalid', `invalid value "${value}" for --ulimit: the soft limit is above the hard one`, {remedy: 'raise the hard limit'});
	}

	return {name: match[1]!, soft, hard};
};

const policies = new Set(['no', 'always', 'on-failure', 'unless-stopped']);

/** `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:5`. */
export const parseRestartPolicy = (value: string): RestartPolicy => {
	const [name = '', count] = value.split(/:(.*)/s, 2);
	if (!policies.has(name) || (count !== undefined && name !== 'on-failure')) {
		throw new HolmError('invalid', `invalid restart policy "${value}"`, {remedy: 'it is no, always, unless-stopped, on-failure or on-failure:COUNT'});
	}

	return {name: name as RestartPolicy['name'], maximumRetryCount: count === undefined ? 0 : parseWhole('--restart', count)};
};

/** The name of a signal, `SIGTERM` for `term`, `TERM`, `SIGTERM` and `15`; real-time signals stay as they are. */
export const parseSignal = (flag: string, value: string): string => {
	const upper = value.toUpperCase();
	const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
	if (Object.hasOwn(constants.signals, name) || /^SIGRTM(?:IN|AX)(?:[+-]\d+)?$/.test(name)) {
		return name;
	}

	const number = Number(value);
	const numbered = Object.entries(constants.signals).find(([, signal]) => signal === number);
	if (numbered) {
		return numbered[0];
	}

	if (/^\d+$/.test(value) && number >= 1 && number <= 64) {
		return value;
	}

	throw new HolmError('invalid', `invalid signal "${value}" for ${flag}`, {remedy: 'it is a name such as SIGTERM or a number from 1 to 64'});
};
