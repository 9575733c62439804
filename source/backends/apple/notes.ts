import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {HolmError} from '../../engine/errors.js';

/** The label that keeps what Apple's program has no place for. It is in no answer. */
export const notesLabel = 'holm';

/** Of what Apple keeps for a network. */
const longestOfNetwork = 4096;

/** Text for a label whose value may not have an equals sign. */
export const encodeNotes = (notes: object): string => Buffer.from(JSON.stringify({v: 1, ...notes})).toString('base64url');

/** The notes in labels; undefined without any, or if they are not Holm's. */
export const decodeNotes = <Notes extends {readonly id?: unknown}>(labels: Readonly<Record<string, string>>): Notes | undefined => {
	const text = labels[notesLabel];
	if (text === undefined) {
		return undefined;
	}

	try {
		const notes = JSON.parse(Buffer.from(text, 'base64url').toString()) as {v?: unknown; id?: unknown} | null;
		return typeof notes === 'object' && notes?.v === 1 && typeof notes.id === 'string' && /^[\da-f]{64}$/v.test(notes.id) ? notes as unknown as Notes : undefined;
	} catch {
		return undefined;
	}
};

/** The notes of a network, which Apple limits. */
export const encodeNetworkNotes = (notes: object): string => {
	const text = encodeNotes(notes);
	if (text.length > longestOfNetwork) {
		throw new HolmError(
			'invalid',
			`the labels of a network may have ${longestOfNetwork} bytes in all on Apple's container`,
			{remedy: 'shorten them'},
		);
	}

	return text;
};

export const withoutNotes = ({[notesLabel]: _, ...labels}: Readonly<Record<string, string>>): Readonly<Record<string, string>> => labels;

/** An id for what was not made by Holm, always the same. */
export const derivedId = (...words: ReadonlyArray<string | number>): string => createHash('sha256').update(words.join('\0')).digest('hex');
