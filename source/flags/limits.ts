import {constants} from 'node:os';
import {HolmError} from '../engine/errors.js';
import type {RestartPolicy, Ulimit} from '../engine/resources.js';
import {splitFirst} from './split-arguments.js';
import {parseWhole} from './sizes.js';

const ulimitNames = new Set(['as', 'core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack']);

/** Parses `nofile=1024:2048`, or one number for both limits; -1 means no limit. Throws `invalid`. */
export const parseUlimit = (value: string): Ulimit => {
	const {name = '', first, second} = /^(?<name>[a-z]+)=(?<first>-1|\d+)(?::(?<second>-1|\d+))?$/v.exec(value)?.groups ?? {};
	if (!ulimitNames.has(name)) {
		throw new HolmError('invalid', `invalid value "${value}" for --ulimit`, {remedy: 'it is NAME=SOFT[:HARD], such as nofile=1024:2048'});
	}

	const soft = Number(first);
	const hard = Number(second ?? first);
	if (hard !== -1 && (soft === -1 || soft > hard)) {
		throw new HolmError('invalid', `invalid value "${value}" for --ulimit: the soft limit is above the hard one`, {remedy: 'raise the hard limit'});
	}

	return {name, soft, hard};
};

const policies = new Set(['no', 'always', 'on-failure', 'unless-stopped']);

/** `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:5`. */
export const parseRestartPolicy = (value: string): RestartPolicy => {
	const [name, count] = splitFirst(value, ':');
	if (!policies.has(name) || (count !== undefined && name !== 'on-failure')) {
		throw new HolmError('invalid', `invalid restart policy "${value}"`, {remedy: 'it is no, always, unless-stopped, on-failure or on-failure:COUNT'});
	}

	return {name: name as RestartPolicy['name'], maximumRetryCount: count === undefined ? 0 : parseWhole('--restart', count)};
};

/** Normalizes a signal: `SIGTERM` for `term`, `TERM`, `SIGTERM` and `15`; real-time signals stay unchanged. Throws `invalid`. */
export const parseSignal = (flag: string, value: string): string => {
	const upper = value.toUpperCase();
	const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
	if (Object.hasOwn(constants.signals, name) || /^SIGRTM(?:IN|AX)(?:[+\-]\d+)?$/v.test(name)) {
		return name;
	}

	const number = Number(value);
	const numbered = Object.entries(constants.signals).find(([, signal]) => signal === number);
	if (numbered) {
		return numbered[0];
	}

	if (/^\d+$/v.test(value) && number >= 1 && number <= 64) {
		return value;
	}

	throw new HolmError('invalid', `invalid signal "${value}" for ${flag}`, {remedy: 'it is a name such as SIGTERM or a number from 1 to 64'});
};
