/** A text that is searched: what names it, in lower case, and what describes it. */
export type Searched = {readonly label: string; readonly detail: string};

// A run of letters is worth more than any scattered ones, and more at the beginning of the text or of a word.
const runScore = 1000;
const startScore = 400;
const wordScore = 200;
const wholeScore = 300;
const scatteredScore = 300;
const detailScore = 100;
const gapCost = 8;

const wordCharacter = /[\p{Letter}\p{Number}]/v;

const isWordStart = (text: string, index: number): boolean => index === 0 || !wordCharacter.test(text[index - 1]!);

/** The first index of a run that begins a word, or else of any. */
const runOf = (word: string, text: string): number => {
	const first = text.indexOf(word);
	for (let index = first; index !== -1; index = text.indexOf(word, index + 1)) {
		if (isWordStart(text, index)) {
			return index;
		}
	}

	return first;
};

/** Indices of scattered letters, from the left; undefined if one is missing. */
const scatteredOf = (word: string, text: string): readonly number[] | undefined => {
	const found: number[] = [];
	let from = 0;
	for (const letter of word) {
		const index = text.indexOf(letter, from);
		if (index === -1) {
			return undefined;
		}

		found.push(index);
		from = index + letter.length;
	}

	return found;
};

/** How well one word matches; 0 if it does not. In the detail only a run does. */
const wordScoreOf = (word: string, {label, detail}: Searched): number => {
	const run = runOf(word, label);
	if (run !== -1) {
		const place = run === 0 ? startScore : (isWordStart(label, run) ? wordScore : 0);
		return runScore + place + (label.length === word.length ? wholeScore : 0) - Math.min(label.length, 100);
	}

	const scattered = scatteredOf(word, label);
	if (scattered) {
		const starts = scattered.filter(index => isWordStart(label, index)).length;
		return Math.max(detailScore + 1, scatteredScore + starts * 40 - (scattered.at(-1)! - scattered[0]! - word.length) * gapCost);
	}

	return detail.includes(word) ? detailScore : 0;
};

/** The words of a query, in lower case. */
export const wordsOf = (query: string): readonly string[] => query.slice(0, 100).toLowerCase().split(/\s+/v).filter(Boolean);

/** How well all words match; 0 if one does not. */
export const scoreOf = (words: readonly string[], searched: Searched): number => {
	let sum = 0;
	for (const word of words) {
		const score = wordScoreOf(word, searched);
		if (score === 0) {
			return 0;
		}

		sum += score;
	}

	return sum;
};

export type Matched = {readonly label: ReadonlySet<number>; readonly detail: ReadonlySet<number>};

const addRun = (found: Set<number>, start: number, length: number) => {
	for (let index = start; index < start + length; index++) {
		found.add(index);
	}
};

/** Indices of the matched letters. */
export const matchedIn = (words: readonly string[], {label, detail}: Searched): Matched => {
	const found = {label: new Set<number>(), detail: new Set<number>()};
	for (const word of words) {
		const run = runOf(word, label);
		const scattered = run === -1 ? scatteredOf(word, label) : undefined;
		const inDetail = detail.indexOf(word);
		if (run !== -1) {
			addRun(found.label, run, word.length);
		} else if (scattered) {
			for (const index of scattered) {
				found.label.add(index);
			}
		} else if (inDetail !== -1) {
			addRun(found.detail, inDetail, word.length);
		}
	}

	return found;
};
