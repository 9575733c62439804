import {HolmError} from '../engine/errors.js';

/** Docker's default detach keys. */
export const defaultDetachKeys = 'ctrl-p,ctrl-q';

const byteOf = (key: string): number => {
	const control = /^ctrl-(?<letter>[@a-z\[\\\]^_])$/iv.exec(key)?.groups;
	if (control) {
		// The control character of a letter is the letter's code without its upper bits.

		return control.letter!.toUpperCase().codePointAt(0)! & 0x1F;
	}

	if (/^[\u{21}-\u{7E}]$/v.test(key)) {
		return key.codePointAt(0)!;
	}

	throw new HolmError('invalid', `invalid detach key ${JSON.stringify(key.slice(0, 60))}`, {remedy: 'keys are single characters or ctrl-LETTER, separated by commas, such as ctrl-p,ctrl-q'});
};

/** The bytes of keys such as `ctrl-p,ctrl-q`; empty text switches detaching off. Throws `invalid`. */
export const parseDetachKeys = (text: string): Uint8Array => Uint8Array.from(text === '' ? [] : text.split(',').map(key => byteOf(key)));

export type DetachFilter = (chunk: Uint8Array) => {readonly bytes: Uint8Array; readonly detached: boolean};

/** Filters the detach keys out of typed input. Keys that may begin them are held back until the next byte decides. */
export const createDetachFilter = (keys: Uint8Array): DetachFilter => {
	const isBeginning = (held: readonly number[]) => held.length <= keys.length && held.every((byte, index) => byte === keys[index]);
	const held: number[] = [];
	return chunk => {
		const bytes: number[] = [];
		for (const byte of chunk) {
			held.push(byte);
			while (held.length > 0 && !isBeginning(held)) {
				bytes.push(held.shift()!);
			}

			if (held.length > 0 && held.length === keys.length) {
				return {bytes: Uint8Array.from(bytes), detached: true};
			}
		}

		return {bytes: Uint8Array.from(bytes), detached: false};
	};
};
