import type {PatternPiece} from './patterns.js';

/** A word in the making, in pieces. */
export type Field = readonly PatternPiece[];

/** Puts pieces of text together to words, as POSIX calls it field splitting. */
export const createFields = (separators: string) => {
	const fields: Field[] = [];
	let current: PatternPiece[] | undefined;

	const add = (piece: PatternPiece) => {
		current = [...current ?? [], piece];
	};

	const end = () => {
		if (current) {
			fields.push(current);
			current = undefined;
		}
	};

	return {
		/** Text that belongs to the present word, whatever is in it. */
		add,
		/** The present word ends here, even if it is empty, and another one begins. */
		separate() {
			fields.push(current ?? []);
			current = [];
		},
		/** Text that is parted at separators. */
		split(text: string) {
			let begun = '';
			for (const character of text) {
				if (!separators.includes(character)) {
					begun += character;
					continue;
				}

				if (begun !== '') {
					add({text: begun, quoted: false});
					begun = '';
				}

				end();
			}

			if (begun !== '') {
				add({text: begun, quoted: false});
			}
		},
		finish(): readonly Field[] {
			end();
			return fields;
		},
	};
};
