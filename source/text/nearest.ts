/** Edits that turn one text into another: letters inserted, removed or replaced. */
const distance = (one: string, other: string): number => {
	let row = Array.from({length: other.length + 1}, (_, index) => index);
	for (const letter of one) {
		const next = [row[0]! + 1];
		for (const [to, otherLetter] of [...other].entries()) {
			next.push(Math.min(next[to]! + 1, row[to + 1]! + 1, row[to]! + (letter === otherLetter ? 0 : 1)));
		}

		row = next;
	}

	return row.at(-1)!;
};

// Longer texts are no slips of known names.
const longest = 60;

/** The known name that a wrong one most likely stands for; undefined if none is near. */
export const nearest = (name: string, known: readonly string[]): string | undefined => {
	if (name.length > longest) {
		return undefined;
	}

	const text = name.toLowerCase();
	const most = Math.max(2, Math.floor(text.length / 3));
	const [best] = known.map(other => ({other, edits: distance(text, other.toLowerCase())})).toSorted((a, b) => a.edits - b.edits);
	return best && best.edits <= most ? best.other : undefined;
};
