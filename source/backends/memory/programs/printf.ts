import {Buffer} from 'node:buffer';
import type {Program} from '../process.js';
import {bytesOf, unescape} from './echo.js';

type Conversion = {readonly flags: string; readonly width: number; readonly precision: number | undefined; readonly letter: string};

const format = ({flags, width, precision, letter}: Conversion, argument: string): string => {
	let text = argument;
	if ('diuxXo'.includes(letter)) {
		const number = Math.trunc(Number(argument || 0)) || 0;
		text = {x: number.toString(16), X: number.toString(16).toUpperCase(), o: number.toString(8)}[letter] ?? String(number);
	} else if ('fge'.includes(letter)) {
		text = (Number(argument) || 0).toFixed(precision ?? 6);
	} else if (letter === 'c') {
		text = argument.slice(0, 1);
	} else if (precision !== undefined) {
		text = argument.slice(0, precision);
	}

	if (flags.includes('-')) {
		return text.padEnd(width);
	}

	return text.padStart(width, flags.includes('0') && letter !== 's' ? '0' : ' ');
};

const conversionPattern = /%(?<flags>[ #+\-0]*)(?<width>(?:[1-9]\d*)?)(?:\.(?<precision>\d{1,4}))?(?<letter>[%b-giosuxX])/gv;

const widest = 10_000;

/** `printf FORMAT [ARGUMENT...]`, the format used again while arguments are left. */
export const printf: Program = async ({command, stdout, stderr}) => {
	const [, pattern, ...given] = command;
	if (pattern === undefined) {
		await stderr.write('printf: usage: printf FORMAT [ARG]...\n');
		return 1;
	}

	let rest = given.map(word => bytesOf(word));
	let output = '';
	do {
		const before = rest.length;
		output += unescape(bytesOf(pattern)).replaceAll(conversionPattern, (...match) => {
			const {flags, width, precision, letter} = match.at(-1) as {readonly flags: string; readonly width: string; readonly precision?: string; readonly letter: string};
			if (letter === '%') {
				return '%';
			}

			const [argument = '', ...others] = rest;
			rest = others;
			return format({
				flags, width: Math.min(Number(width), widest), precision: precision === undefined ? undefined : Number(precision), letter,
			}, letter === 'b' ? unescape(argument) : argument);
		});
		if (rest.length === before) {
			break;
		}
	} while (rest.length > 0);

	await stdout.write(Buffer.from(output, 'latin1'));
	return 0;
};
