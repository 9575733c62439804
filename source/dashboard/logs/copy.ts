import {Buffer} from 'node:buffer';
import {count} from '../spoken/words.js';

/** Bytes that all known terminals accept in OSC 52. */
export const longestCopy = 74_000;

export type Copied = {
	readonly text: string;
	/** Number of lines in it. */
	readonly lines: number;
	readonly cutLines: number;
	/** Of the only line, if it is too long by itself. */
	readonly cutBytes: number;
};

/** The beginning of a text, at most so many bytes of UTF-8 long. */
const cutBytesOf = (text: string, limit: number): string => {
	const bytes = Buffer.from(text);
	let end = limit;
	// Not inside a character: its further bytes begin with 10.
	while (end > 0 && (bytes[end]! & 0xC0) === 0x80) {
		end--;
	}

	return bytes.toString('utf8', 0, end);
};

/** As many of the lines as a terminal's clipboard takes. */
export const copyOf = (lines: Iterable<string>, limit: number = longestCopy): Copied => {
	const kept: string[] = [];
	let bytes = 0;
	let cutLines = 0;
	for (const line of lines) {
		const needed = Buffer.byteLength(line) + Number(kept.length > 0);
		if (cutLines > 0 || bytes + needed > limit) {
			cutLines++;
		} else {
			bytes += needed;
			kept.push(line);
		}
	}

	if (kept.length > 0 || cutLines === 0) {
		return {text: kept.join('\n'), lines: kept.length, cutLines, cutBytes: 0};
	}

	const [first = ''] = lines;
	const text = cutBytesOf(first, limit);
	return {text, lines: 1, cutLines: cutLines - 1, cutBytes: Buffer.byteLength(first) - Buffer.byteLength(text)};
};

/** What was copied and what the terminal's limit left out. */
export const copiedText = ({text, lines, cutLines, cutBytes}: Copied): string => {
	const what = lines === 1 ? `Copied: ${text}` : `Copied ${count(lines, 'line')}`;
	const missing = [...(cutLines > 0 ? [count(cutLines, 'line')] : []), ...(cutBytes > 0 ? [count(cutBytes, 'byte')] : [])];
	return missing.length === 0 ? what : `Copied ${count(lines, 'line')}; ${missing.join(' and ')} cut off: terminals take ${longestCopy} bytes. Ctrl-S saves to a file`;
};
