// The closer the match, the lower the rank.
const rankOf = (text: string, typed: string): number | undefined => {
	const lower = text.toLowerCase();
	const at = lower.indexOf(typed);
	if (at !== -1) {
		return at === 0 ? 0 : (/[^\p{Letter}\p{Number}]/v.test(lower[at - 1]!) ? 1 : 2);
	}

	let from = 0;
	for (const character of typed) {
		const next = lower.indexOf(character, from);
		if (next === -1) {
			return undefined;
		}

		from = next + 1;
	}

	return 3;
};

/** The choices that have the typed characters in this order, the closest first: as their beginning, at the start of a word, elsewhere, or apart. */
export const narrow = <Choice>(choices: readonly Choice[], typed: string, textOf: (choice: Choice) => string): readonly Choice[] => {
	const wanted = typed.toLowerCase();
	return choices.flatMap(choice => {
		const rank = rankOf(textOf(choice), wanted);
		return rank === undefined ? [] : [{choice, rank}];
	}).toSorted((a, b) => a.rank - b.rank).map(({choice}) => choice);
};
