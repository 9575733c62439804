/** A piece of a pattern: one character, any number of characters, or the start of `count` pieces that the text may lack. `literal` is the only character that a piece accepts. */
export type Wildcard =
	| {readonly kind: 'one' | 'many'; readonly accepts: (character: string) => boolean; readonly literal?: string}
	| {readonly kind: 'optional'; readonly count: number};

/** Exactly this character. */
export const literally = (wanted: string): Wildcard => ({kind: 'one', accepts: character => character === wanted, literal: wanted});

/** `?` in a path. */
export const oneExceptSlash: Wildcard = {kind: 'one', accepts: character => character !== '/'};

/** `*` in a path. */
export const manyExceptSlash: Wildcard = {kind: 'many', accepts: character => character !== '/'};

/** `?` in plain text. */
export const one: Wildcard = {kind: 'one', accepts: () => true};

/** `*` in plain text. */
export const many: Wildcard = {kind: 'many', accepts: () => true};

const translate = (pattern: string, star: Wildcard, question: Wildcard): readonly Wildcard[] =>
	[...pattern].map(character => character === '*' ? star : (character === '?' ? question : literally(character)));

/** A pattern in which `*` is any text and `?` any character. */
export const textWildcards = (pattern: string): readonly Wildcard[] => translate(pattern, many, one);

/** A pattern in which `*` and `?` do not match a slash, as in Go's `path.Match`. */
export const pathWildcards = (pattern: string): readonly Wildcard[] => translate(pattern, manyExceptSlash, oneExceptSlash);

/** A set of places in a pattern, in the order of their insertion. Clearing it takes one step, because a match clears it for each character. */
class PlaceSet {
	readonly #places: Uint32Array;
	readonly #positions: Uint32Array;
	size = 0;

	constructor(places: number) {
		this.#places = new Uint32Array(places);
		this.#positions = new Uint32Array(places);
	}

	at(position: number): number {
		return this.#places[position]!;
	}

	has(place: number): boolean {
		const position = this.#positions[place]!;
		return position < this.size && this.#places[position] === place;
	}

	add(place: number): void {
		if (!this.has(place)) {
			this.#positions[place] = this.size;
			this.#places[this.size++] = place;
		}
	}
}

/** Adds the places that may come next without a character. Insertion extends the loop. */
const addReachable = (places: PlaceSet, pattern: readonly Wildcard[]): void => {
	for (let position = 0; position < places.size; position++) {
		const place = places.at(position);
		const piece = pattern[place];
		if (piece?.kind === 'many') {
			places.add(place + 1);
		} else if (piece?.kind === 'optional') {
			places.add(place + 1);
			places.add(place + 1 + piece.count);
		}
	}
};

/** The longest text that each match contains. */
const requiredText = (pattern: readonly Wildcard[]): string => {
	let longest = '';
	let current = '';
	for (let place = 0; place < pattern.length; place++) {
		const piece = pattern[place]!;
		const literal = piece.kind === 'optional' ? undefined : piece.literal;
		current = literal === undefined ? '' : current + literal;
		longest = current.length > longest.length ? current : longest;
		place += piece.kind === 'optional' ? piece.count : 0;
	}

	return longest;
};

/** A matcher of whole texts, and with a separator also of their beginnings before each one. */
const matcherOf = (pattern: readonly Wildcard[], separator?: string): ((text: string) => boolean) => {
	const required = requiredText(pattern);
	let places = new PlaceSet(pattern.length + 1);
	let next = new PlaceSet(pattern.length + 1);
	return text => {
		// Most texts fail here, which is much faster.
		if (!text.includes(required)) {
			return false;
		}

		places.size = 0;
		places.add(0);
		addReachable(places, pattern);
		for (const character of text) {
			if (character === separator && places.has(pattern.length)) {
				return true;
			}

			next.size = 0;
			for (let position = 0; position < places.size; position++) {
				const place = places.at(position);
				const piece = pattern[place];
				if (piece && piece.kind !== 'optional' && piece.accepts(character)) {
					next.add(piece.kind === 'many' ? place : place + 1);
				}
			}

			if (next.size === 0) {
				return false;
			}

			addReachable(next, pattern);
			[places, next] = [next, places];
		}

		return places.has(pattern.length);
	};
};

/**
A test whether the pieces of a pattern match a whole text, by its Unicode characters.

Patterns come from users. A regular expression tries each way to share the text among the stars, which takes exponential time; this follows all ways at once, and takes at most as many steps as the text has characters times the pattern has pieces.
*/
export const wildcardMatcher = (pattern: readonly Wildcard[]): ((text: string) => boolean) => matcherOf(pattern);

/** As `wildcardMatcher`, for a path: one of its parent directories may match instead. */
export const parentMatcher = (pattern: readonly Wildcard[]): ((path: string) => boolean) => matcherOf(pattern, '/');
