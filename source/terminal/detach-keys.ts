import {HolmError} from '../engine/errors.js';

/** What Docker detaches on unless told otherwise. */
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

	throw new HolmError('invalid', `invalid detach key "${key}"`, {remedy: 'keys are single characters or ctrl-LETTER, separated by commas, such as ctrl-p,ctrl-q'});
};

/** The bytes of `ctrl-p,ctrl-q`; an empty text is no way to detach. */
export const parseDetachKeys = (text: string): Uint8Array => Uint8Array.from(text === '' ? [] : text.split(',').map(key => byteOf(key)));

export type DetachFilter = (chunk: Uint8Array) => {readonly bytes: Uint8Array; readonly detached: boolean};

/** Takes the detach keys out of what is typed. Keys that may be their beginning are held back until the next byte tells. */
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
