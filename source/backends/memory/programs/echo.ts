import {Buffer} from 'node:buffer';
import type {Program} from '../process.js';

const escapes: Readonly<Record<string, string>> = {
	n: '\n', t: '\t', r: '\r', e: '\u{1B}', a: '\u{7}', b: '\b', f: '\f', v: '\v', '\\': '\\', 0: '\0',
};

/** Bytes as characters, one each, so that escapes can stand for any. */
export const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

/** What backslashes stand for in `echo -e` and `printf`, in a text of bytes. */
export const unescape = (text: string): string => text.replaceAll(/\\(?:x(?<hex>[\dA-Fa-f]{1,2})|0?(?<octal>[0-7]{1,3})|(?<letter>[\\abefnrtv]))/gv, (whole, hex?: string, octal?: string, letter?: string) => {
	if (hex !== undefined) {
		return String.fromCodePoint(Number.parseInt(hex, 16));
	}

	return octal === undefined ? escapes[letter ?? ''] ?? whole : String.fromCodePoint(Number.parseInt(octal, 8) % 256);
});

/** Prints its arguments; `-n` and `-e` as in busybox. */
export const echo: Program = async ({command, stdout}) => {
	let words = command.slice(1);
	let end = '\n';
	let hasEscapes = false;
	while (/^-[Een]+$/v.test(words[0] ?? '')) {
		end = words[0]!.includes('n') ? '' : end;
		hasEscapes ||= words[0]!.includes('e');
		words = words.slice(1);
	}

	const text = words.join(' ');
	await stdout.write(hasEscapes ? Buffer.from(unescape(bytesOf(text)) + end, 'latin1') : text + end);
	return 0;
};
