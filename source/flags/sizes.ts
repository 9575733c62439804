import {HolmError} from '../engine/errors.js';

const factors: Readonly<Record<string, number>> = {
	'': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4,
};

/** Parses a size into bytes: `512m`, `1.5g`, `64KiB` or `1048576`; units are powers of 1024, as in Docker's flags. Throws `invalid`. */
export const parseSize = (flag: string, value: string): number => {
	const match = /^(?<number>\d+(?:\.\d+)?)\s*(?<unit>[gkmt]?)(?:i?b)?$/iv.exec(value.trim())?.groups;
	const bytes = match ? Math.floor(Number(match.number) * factors[match.unit!.toLowerCase()]!) : 0;
	if (!Number.isSafeInteger(bytes) || bytes <= 0) {
		throw new HolmError('invalid', `invalid size "${value}" for ${flag}`, {remedy: 'it is a number of bytes, or a number with k, m or g such as 512m'});
	}

	return bytes;
};

/** Parses a size as `parseSize` does; -1 means no limit. Throws `invalid`. */
export const parseLimit = (flag: string, value: string): number => value === '-1' ? -1 : parseSize(flag, value);

/** Parses a number of CPUs, also a fraction. Throws `invalid`. */
export const parseCpus = (value: string): number => {
	const cpus = /^(?:\d+(?:\.\d*)?|\.\d+)$/v.test(value) ? Number(value) : 0;
	if (cpus < 0.01) {
		throw new HolmError('invalid', `invalid value "${value}" for --cpus`, {remedy: 'it is a number from 0.01, such as 2 or 0.5'});
	}

	return cpus;
};

/** Parses a whole number of at least `minimum`; throws `invalid`. */
export const parseWhole = (flag: string, value: string, minimum = 0): number => {
	const number = /^-?\d+$/v.test(value) ? Number(value) : NaN;
	if (!Number.isSafeInteger(number) || number < minimum) {
		throw new HolmError('invalid', `invalid value "${value}" for ${flag}`, {remedy: `it is a whole number from ${minimum}`});
	}

	return number;
};
