import {HolmError} from '../../engine/errors.js';
import type {Logging} from '../../engine/container-settings.js';
import type {Container} from '../../engine/resources.js';

export type LogLimits = {
	/** Size in bytes at which the live file is rotated. */
	readonly bytes: number;
	/** Number of files, including the live one. */
	readonly files: number;
};

export const defaultLogLimits: LogLimits = {bytes: 10_000_000, files: 3};

/** The smallest limit: each rotation takes a while. */
const minimumBytes = 16 * 1024;

/** Readers look as far back. */
const maximumFiles = 100;

const factors: Readonly<Record<string, number>> = {
	'': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3,
};

const parseSize = (text: string): number => {
	const {number, unit} = /^(?<number>\d{1,12})(?<unit>[kmg]?)b?$/iv.exec(text)?.groups ?? {};
	if (number === undefined || Number(number) === 0) {
		throw new HolmError('invalid', `invalid log option max-size ${JSON.stringify(text.slice(0, 40))}`, {remedy: 'it is a size such as 10m'});
	}

	return Math.max(Number(number) * factors[unit!.toLowerCase()]!, minimumBytes);
};

const parseFiles = (text: string): number => {
	const files = /^\d{1,3}$/v.test(text) ? Number(text) : 0;
	if (files < 1 || files > maximumFiles) {
		throw new HolmError('invalid', `invalid log option max-file ${JSON.stringify(text.slice(0, 40))}`, {remedy: `it is a number from 1 to ${maximumFiles}`});
	}

	return files;
};

/** How much of a container's log is kept. Sizes below 16 KiB count as 16 KiB. Throws `invalid`. */
export const logLimitsOf = (logging?: Logging): LogLimits => {
	const {'max-size': bytes, 'max-file': files} = logging?.options ?? {};
	return {
		bytes: bytes === undefined ? defaultLogLimits.bytes : parseSize(bytes),
		files: files === undefined ? defaultLogLimits.files : parseFiles(files),
	};
};

/** Throws `unsupported` if the log of a container is not kept. */
export const assertReadable = ({name, configuration: {logging}}: Pick<Container, 'name' | 'configuration'>): void => {
	if (logging?.driver === 'none') {
		throw new HolmError('unsupported', `container ${name} keeps no log: configured logging driver does not support reading`, {remedy: 'attach to it, or make it with another log driver than none'});
	}
};
