/** A random number generator: the same seed gives the same numbers. */
export type Random = {
	/** From 0 up to but not including 1. */
	readonly next: () => number;
	/** An integer from `minimum` to `maximum`, both included. */
	readonly integer: (minimum: number, maximum: number) => number;
	readonly pick: <Item>(items: readonly Item[]) => Item;
	readonly hex: (digits: number) => string;
};

/** The generator sfc32 of PractRand, seeded with a number. */
export const createRandom = (seed: number): Random => {
	// The numbers wrap around at 32 bits.
	const state = new Uint32Array([seed, Math.floor(seed / 2 ** 32), 0x9E_37_79_B9, 1, 0]);
	const next32 = () => {
		const [a, b, c, counter] = state as unknown as readonly [number, number, number, number];
		state[4] = a + b + counter;
		state[3] = counter + 1;
		state[0] = b ^ (b >>> 9);
		state[1] = c + (c * 8);
		state[2] = ((c << 21) | (c >>> 11)) + state[4];
		return state[4];
	};

	// Similar seeds give different numbers only after some rounds.
	for (let round = 0; round < 12; round++) {
		next32();
	}

	const next = () => next32() / 2 ** 32;
	return {
		next,
		integer: (minimum, maximum) => minimum + Math.floor(next() * (maximum - minimum + 1)),
		pick: items => items[Math.floor(next() * items.length)]!,
		hex: digits => Array.from({length: Math.ceil(digits / 8)}, () => next32().toString(16).padStart(8, '0')).join('').slice(0, digits),
	};
};

/** A seed from a text (FNV-1a). */
export const seedOf = (text: string): number => {
	let hash = 0x81_1C_9D_C5;
	for (const character of text) {
		hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01_00_01_93);
	}

	return hash >>> 0;
};
