import {Buffer} from 'node:buffer';
import {fileError} from '../file-node.js';
import {inputOf, readAll, type Input} from '../pipe.js';
import type {Invocation, Program} from '../process.js';
import {forEach, pathIn, withOptions} from './options.js';

/** What a program reads under a name: a file, or its standard input for `-`. */
const inputOfName = ({host, directory, stdin}: Invocation, name: string): Input => {
	if (name === '-') {
		return stdin;
	}

	const {node} = host.files.locate(pathIn(directory, name));
	if (node.type !== 'file') {
		throw fileError('EISDIR');
	}

	return inputOf(node.content);
};

export const cat = withOptions('', async (invocation, {operands}) => forEach(invocation, operands.length === 0 ? ['-'] : operands, async name => {
	const input = inputOfName(invocation, name);
	for (let chunk = await input.read(); chunk; chunk = await input.read()) {
		await invocation.stdout.write(chunk);
	}
}, 'can\'t open '));

/** `tail [-n COUNT] [FILE...]`. */
export const tail: Program = async invocation => {
	const words = invocation.command.slice(1);
	const [option = '', number = ''] = words;
	const count = option === '-n' ? Number(number) : 10;
	const operands = option === '-n' ? words.slice(2) : words;
	if (!Number.isSafeInteger(count) || count < 0 || operands.some(word => /^-./v.test(word))) {
		await invocation.stderr.write('tail: only "tail [-n COUNT] [FILE...]" is in the demo\n');
		return 2;
	}

	return forEach(invocation, operands.length === 0 ? ['-'] : operands, async name => {
		const content = await readAll(inputOfName(invocation, name));
		const lines = content.toString().split(/(?<=\n)/v);
		await invocation.stdout.write(lines.slice(Math.max(lines.length - count, 0)).join(''));
	});
};

const escapes: Readonly<Record<string, string>> = {
	n: '\n', t: '\t', r: '\r', e: '\u{1B}', a: '\u{7}', b: '\b', f: '\f', v: '\v', '\\': '\\',
};

/** Bytes as characters, one each, so that escapes can give any byte. */
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

/** Replaces escapes as in `echo -e` and `printf`, in a text of bytes. After `\c` nothing is written. */
const unescape = (text: string): {readonly text: string; readonly isCut: boolean} => {
	let isCut = false;
	const result = text.replaceAll(/\\(?:(?<cut>c[\s\S]*)|x(?<hex>[\dA-Fa-f]{1,2})|0?(?<octal>[0-7]{1,3})|(?<letter>[\\abefnrtv]))/gv, (_whole, cut?: string, hex?: string, octal?: string, letter?: string) => {
		if (cut !== undefined) {
			isCut = true;
			return '';
		}

		return hex === undefined && octal === undefined
			? escapes[letter ?? ''] ?? ''
			: String.fromCodePoint(Number.parseInt(hex ?? octal!, hex === undefined ? 8 : 16) % 256);
	});
	return {text: result, isCut};
};

/** `echo [-neE] [WORD...]`. */
export const echo: Program = async ({command, stdout}) => {
	const first = command.slice(1).findIndex(word => !/^-[enE]+$/v.test(word));
	const words = first === -1 ? [] : command.slice(first + 1);
	const options = command.slice(1, command.length - words.length).join('');
	const text = words.join(' ');
	const end = options.includes('n') ? '' : '\n';
	if (!options.includes('e')) {
		await stdout.write(text + end);
		return 0;
	}

	const unescaped = unescape(bytesOf(text));
	await stdout.write(Buffer.from(unescaped.text + (unescaped.isCut ? '' : end), 'latin1'));
	return 0;
};

const widest = 10_000;

/** The number that an argument of `%d` names: decimal, octal, hexadecimal, or a character after a quote; undefined for no number. */
const integerOf = (argument: string): bigint | undefined => {
	if (/^["']/v.test(argument)) {
		return BigInt(argument.codePointAt(1) ?? 0);
	}

	const {sign, octal, number} = /^\s*(?<sign>[+\-]?)(?:0(?<octal>[0-7]+)|(?<number>0x[\dA-Fa-f]+|0|[1-9]\d*))$/v.exec(argument)?.groups ?? {};

	if ((octal ?? number ?? '').length > 64 || (octal === undefined && number === undefined)) {
		return undefined;
	}

	const value = BigInt(octal === undefined ? number! : `0o${octal}`) * (sign === '-' ? -1n : 1n);
	return BigInt.asIntN(64, value) === value ? value : undefined;
};

const padded = (text: string, flags: string, width: number): string => {
	if (flags.startsWith('-')) {
		return text.padEnd(width);
	}

	const sign = flags === '0' && text.startsWith('-') ? '-' : '';
	return sign + text.slice(sign.length).padStart(width - sign.length, flags === '0' ? '0' : ' ');
};

/** `printf [--] FORMAT [ARGUMENT...]` with `%s` and `%d`. The format is used again while arguments are left. */
export const printf: Program = async ({command, stdout, stderr}) => {
	const [pattern, ...given] = command.slice(command[1] === '--' ? 2 : 1);
	if (pattern === undefined) {
		await stderr.write('printf: usage: printf FORMAT [ARGUMENT...]\n');
		return 2;
	}

	const foreign = /%(?!-?\d*[ds]|%)[^a-z]*[a-z]?/iv.exec(pattern.replaceAll('%%', ''));
	if (foreign) {
		await stderr.write(`printf: "${foreign[0]}" is not in the demo\n`);
		return 2;
	}

	const {text: format, isCut} = unescape(bytesOf(pattern));
	const rest = given.map(word => bytesOf(word));
	const invalid: string[] = [];
	let output = '';
	let before;
	do {
		before = rest.length;
		output += format.replaceAll(/%(?:%|(?<flags>-?0?)(?<width>\d*)(?<letter>[ds]))/gv, (whole, flags: string, width: string, letter?: string) => {
			if (letter === undefined) {
				return whole.slice(1);
			}

			const argument = rest.shift() ?? '';
			const length = Math.min(Number(width), widest);
			if (letter === 's') {
				return padded(argument, flags.replace('0', ''), length);
			}

			const value = integerOf(argument);
			if (value === undefined) {
				invalid.push(argument);
			}

			return padded(String(value ?? 0), flags, length);
		});
		if (isCut) {
			break;
		}
	} while (rest.length > 0 && rest.length < before);

	await stdout.write(Buffer.from(output, 'latin1'));
	await stderr.write(invalid.map(argument => `printf: invalid number '${Buffer.from(argument, 'latin1').toString()}'\n`).join(''));
	return Number(invalid.length > 0);
};

const mostNumbers = 10_000_000;

/** `seq [FIRST] LAST`. */
export const seq: Program = async ({command, stdout, stderr, signal}) => {
	const numbers = command.slice(1).map(Number);
	const [first, last] = numbers.length === 2 ? [numbers[0]!, numbers[1]!] : [1, numbers[0] ?? NaN];
	if (numbers.length > 2 || !Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last - first > mostNumbers) {
		await stderr.write('seq: only "seq [FIRST] LAST" with integers is in the demo\n');
		return 1;
	}

	let batch = '';
	for (let number = first; number <= last && !signal.aborted; number++) {
		batch += `${number}\n`;
		if (batch.length > 8192) {
			await stdout.write(batch);
			batch = '';
		}
	}

	await stdout.write(batch);
	return 0;
};
