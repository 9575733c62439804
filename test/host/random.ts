/** Numbers from 0 to below 1 that are the same in every run, by the mulberry32 generator. */
export const createRandom = (seed: number) => {
	let state = seed;
	const next = () => {
		state = (state + 0x6D_2B_79_F5) >>> 0;
		const once = Math.imul(state ^ (state >>> 15), 1 | state);
		const mixed = once ^ (once + Math.imul(once ^ (once >>> 7), 61 | once));
		return ((mixed ^ (mixed >>> 14)) >>> 0) / (2 ** 32);
	};

	/** A whole number below `limit`. */
	const below = (limit: number) => Math.floor(next() * limit);
	return {
		next,
		below,
		pick: <T>(values: readonly T[]): T => values[below(values.length)]!,
	};
};

export type Random = ReturnType<typeof createRandom>;
