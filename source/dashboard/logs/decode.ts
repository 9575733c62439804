import {Buffer} from 'node:buffer';
import {clean} from '../../text/fit.js';

/** SGR parameters from this index of the text on; empty for the default style. */
export type Run = {readonly at: number; readonly sgr: string};

export type Decoded = {
	/** One line without control characters. */
	readonly text: string;
	/** Absent if the line has no colours. */
	readonly runs?: readonly Run[];
};

/** Bytes of a line kept in memory; the rest is only counted. */
export const longestLine = 16 * 1024;

const decoder = new TextDecoder();
// ECMA-48: control sequences, control strings up to their terminator, and escapes of two or three bytes. An unfinished sequence extends to the end.
// eslint-disable-next-line no-control-regex, regexp/no-control-character -- it matches control characters
const sequence = /\u{1B}\[(?<parameters>[\u{30}-\u{3F}]*)[\u{20}-\u{2F}]*(?<final>[\u{40}-\u{7E}]|$)|\u{1B}[PX\]^_][^\u{7}\u{1B}\u{9C}]*(?:\u{7}|\u{9C}|\u{1B}\\)?|\u{1B}(?:[\u{20}-\u{2F}]*[\u{30}-\u{7E}])?/gv;
const printable = /^[\u{20}-\u{7E}]*$/v;
const tabWidth = 8;
const mostParameters = 40;

// Blinking and concealed text is shown as normal text.
const isAllowed = (parameter: number) => ![5, 6, 8].includes(parameter);

const isByte = (value: number) => Number.isSafeInteger(value) && value >= 0 && value <= 255;

/** The style after an SGR sequence, as parameters on top of the default style. */
export const nextLook = (look: string, parameters: string): string => {
	const given = parameters.split(/[:;]/v).map(Number);
	let kept = look === '' ? [] : look.split(';');
	for (let index = 0; index < given.length; index++) {
		const parameter = given[index]!;
		if (parameter === 0) {
			kept = [];
		} else if (parameter === 38 || parameter === 48) {
			const length = given[index + 1] === 5 ? 3 : (given[index + 1] === 2 ? 5 : 1);
			const colour = given.slice(index, index + length);
			if (length > 1 && colour.length === length && colour.slice(2).every(value => isByte(value))) {
				kept.push(...colour.map(String));
			}

			index += length - 1;
		} else if (Number.isSafeInteger(parameter) && parameter > 0 && parameter < 108 && isAllowed(parameter)) {
			kept.push(String(parameter));
		}
	}

	return kept.length > mostParameters ? '' : kept.join(';');
};

const expandTabs = (text: string, column: number): string => {
	let expanded = '';
	for (const piece of text.split(/(?<=\t)/v)) {
		expanded += piece.endsWith('\t') ? piece.slice(0, -1) + ' '.repeat(tabWidth - (column + expanded.length + piece.length - 1) % tabWidth) : piece;
	}

	return expanded;
};

/** Decodes log text: keeps colours; removes other escape sequences and makes control characters visible. */
export const decodeText = (given: string): Decoded => {
	if (printable.test(given)) {
		return {text: given};
	}

	const runs: Run[] = [];
	let text = '';
	let look = '';
	let end = 0;
	const add = (piece: string) => {
		text += clean(expandTabs(piece, text.length));
	};

	for (const match of given.matchAll(sequence)) {
		add(given.slice(end, match.index));
		end = match.index + match[0].length;
		const {final, parameters} = match.groups!;
		const next = final === 'm' && /^[\d:;]*$/v.test(parameters!) ? nextLook(look, parameters!) : look;
		if (next === look) {
			continue;
		}

		look = next;
		runs.push({at: text.length, sgr: look});
	}

	add(given.slice(end));
	return runs.length === 0 ? {text} : {text, runs};
};

/** Decodes a line without its line end. Invalid UTF-8 becomes replacement characters. */
export const decodeLine = (bytes: Uint8Array): Decoded => {
	const text = decoder.decode(bytes);
	return decodeText(text.endsWith('\r') ? text.slice(0, -1) : text);
};

export type JoinedLine = {
	/** At most `longestLine` bytes, without the line end. */
	readonly bytes: Uint8Array;
	/** Bytes beyond them. */
	readonly cutBytes: number;
};

/** Undefined until a line has ended. */
export type LineJoiner = (bytes: Uint8Array) => JoinedLine | undefined;

const lineFeed = 10;

/** Joins chunks to lines; of a line longer than `longestLine` it keeps the beginning. */
export const createLineJoiner = (): LineJoiner => {
	let held: Uint8Array[] = [];
	let heldBytes = 0;
	let cutBytes = 0;
	return bytes => {
		const isEnd = bytes.at(-1) === lineFeed;
		const content = isEnd ? bytes.subarray(0, -1) : bytes;
		const room = longestLine - heldBytes;
		if (isEnd && heldBytes === 0 && content.length <= room) {
			return {bytes: content, cutBytes: 0};
		}

		const kept = content.subarray(0, room);
		if (kept.length > 0) {
			held.push(isEnd ? kept : Uint8Array.from(kept));
		}

		heldBytes += kept.length;
		cutBytes += content.length - kept.length;
		if (!isEnd) {
			return undefined;
		}

		const line = {bytes: Buffer.concat(held), cutBytes};
		held = [];
		heldBytes = 0;
		cutBytes = 0;
		return line;
	};
};
