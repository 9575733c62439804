import {clean} from '../../text/fit.js';

const units = ['bytes', 'kilobytes', 'megabytes', 'gigabytes', 'terabytes', 'petabytes'];

/** Bytes in powers of 1024, in words: `97 megabytes`. */
export const spokenBytes = (bytes: number): string => {
	let value = bytes;
	let unit = 0;
	while (value >= 1000 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}

	return `${value < 10 && unit > 0 ? Number(value.toFixed(1)) : Math.round(value)} ${units[unit]!}`;
};

export const spokenPercent = (percent: number): string => `${percent < 9.95 ? Number(percent.toFixed(1)) : Math.round(percent)} percent`;

/** A number with its noun; `many` is a plural that is not formed with `s`. */
export const count = (number: number, noun: string, many = `${noun}s`): string => `${number} ${number === 1 ? noun : many}`;

/** A duration in words, to the minute. */
export const spokenDuration = (milliseconds: number): string => {
	const minutes = Math.floor(milliseconds / 60_000);
	if (minutes < 1) {
		return 'less than a minute';
	}

	if (minutes < 60) {
		return count(minutes, 'minute');
	}

	const hours = Math.floor(minutes / 60);
	return hours < 48 ? count(hours, 'hour') : count(Math.floor(hours / 24), 'day');
};

/** Joins parts with commas; empty ones are left out. */
export const sentence = (...parts: ReadonlyArray<string | false | undefined>): string => parts.filter(part => part !== undefined && part !== false && part !== '').join(', ');

/** One line for a screen reader: without control characters, box drawing, blocks and Braille patterns. */
export const plain = (text: string): string => clean(text).replaceAll(/[\u{2500}-\u{25FF}\u{2800}-\u{28FF}]+/gv, ' ').trimEnd();
