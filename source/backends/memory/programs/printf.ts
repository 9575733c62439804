import {Buffer} from 'node:buffer';
import type {Program} from '../process.js';
import {bytesOf, unescape} from './echo.js';

const format = (flags: string, width: number, precision: number | undefined, conversion: string, argument: string): string => {
	let text = argument;
	if ('diuxXo'.includes(conversion)) {
		const number = Math.trunc(Number(argument || 0)) || 0;
		text = {x: number.toString(16), X: number.toString(16).toUpperCase(), o: number.toString(8)}[conversion] ?? String(number);
	} else if ('fge'.includes(conversion)) {
		text = (Number(argument) || 0).toFixed(precision ?? 6);
	} else if (conversion === 'c') {
		text = argument.slice(0, 1);
	} else if (precision !== undefined) {
		text = argument.slice(0, precision);
	}

	if (flags.includes('-')) {
		return text.padEnd(width);
	}

	return text.padStart(width, flags.includes('0') && conversion !== 's' ? '0' : ' ');
};

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
		output += unescape(bytesOf(pattern)).replaceAll(/%(?<flags>[ #+\-0]*)(?<width>(?:[1-9]\d*)?)(?:\.(?<precision>\d+))?(?<conversion>[%Xb-giosux])/gv, (_whole, flags: string, width: string, precision: string | undefined, conversion: string) => {
			if (conversion === '%') {
				return '%';
			}

			const [argument = '', ...others] = rest;
			rest = others;
			return format(flags, Math.min(Number(width), widest), precision === undefined ? undefined : Number(precision), conversion, conversion === 'b' ? unescape(argument) : argument);
		});
		if (rest.length === before) {
			break;
		}
	} while (rest.length > 0);

	await stdout.write(Buffer.from(output, 'latin1'));
	return 0;
};
