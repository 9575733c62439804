/** The number of insertions, deletions, replacements and swaps of neighbours between two words. */
export const editDistance = (left: string, right: string): number => {
	const rows = Array.from(
		{length: left.length + 1},
		(_row, row) => Array.from({length: right.length + 1}, (_cell, column) => row === 0 ? column : (column === 0 ? row : 0)),
	);
	const at = (row: number, column: number) => rows[row]![column]!;
	for (let row = 1; row <= left.length; row++) {
		for (let column = 1; column <= right.length; column++) {
			const isSame = left[row - 1] === right[column - 1];
			let best = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + (isSame ? 0 : 1));
			if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
				best = Math.min(best, at(row - 2, column - 2) + 1);
			}

			rows[row]![column] = best;
		}
	}

	return at(left.length, right.length);
};

/** Up to three known words similar to `word`, nearest first. */
export const suggest = (word: string, known: readonly string[]): readonly string[] => {
	const limit = Math.max(1, Math.floor(word.length / 3));
	return known
		.map(candidate => ({
			candidate,
			distance: word.length > 2 && candidate.startsWith(word) ? 0.5 : editDistance(word, candidate),
		}))
		.filter(({distance}) => distance <= limit)
		.toSorted((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
		.slice(0, 3)
		.map(({candidate}) => candidate);
};

/** `did you mean X or Y?` if a known word is similar, else `otherwise`. */
export const correction = (word: string, known: readonly string[], otherwise: string): string => {
	const near = suggest(word, known);
	return near.length > 0 ? `did you mean ${near.join(' or ')}?` : otherwise;
};
