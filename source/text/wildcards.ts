/** A piece of a pattern: one character, any number of characters, or the start of `count` pieces that the text may lack. */
export type Wildcard =
	| {readonly kind: 'one' | 'many'; readonly accepts: (character: string) => boolean}
	| {readonly kind: 'optional'; readonly count: number};

/** Exactly this character. */
export const literally = (wanted: string): Wildcard => ({kind: 'one', accepts: character => character === wanted});

/** `?` in a path. */
export const oneExceptSlash: Wildcard = {kind: 'one', accepts: character => character !== '/'};

/** `*` in a path. */
export const manyExceptSlash: Wildcard = {kind: 'many', accepts: character => character !== '/'};

/** `?` in plain text. */
export const one: Wildcard = {kind: 'one', accepts: () => true};

/** `*` in plain text. */
export const many: Wildcard = {kind: 'many', accepts: () => true};

/**
Whether the pieces of a pattern match a whole text, by its Unicode characters.

Patterns come from users. A regular expression tries each way to share the text among the stars, which takes exponential time; this follows all ways at once, and takes at most as many steps as the text has characters times the pattern has pieces.
*/
export const isWildcardMatch = (pattern: readonly Wildcard[], text: string): boolean => {
	/** Adds a place, and those that may come next without a character. */
	const add = (places: Set<number>, start: number) => {
		const waiting = [start];
		for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
			const piece = places.has(place) ? undefined : pattern[place];
			places.add(place);
			if (piece?.kind === 'many') {
				waiting.push(place + 1);
			} else if (piece?.kind === 'optional') {
				waiting.push(place + 1, place + 1 + piece.count);
			}
		}
	};

	let places = new Set<number>();
	add(places, 0);
	for (const character of text) {
		const next = new Set<number>();
		for (const place of places) {
			const piece = pattern[place];
			if (piece && piece.kind !== 'optional' && piece.accepts(character)) {
				add(next, piece.kind === 'many' ? place : place + 1);
			}
		}

		if (next.size === 0) {
			return false;
		}

		places = next;
	}

	return places.has(pattern.length);
};
