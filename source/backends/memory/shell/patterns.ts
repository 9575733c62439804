import type {FileTree} from '../file-tree.js';
import {pathIn} from '../programs/paths.js';

/** A piece of a pattern: quoted text stands for itself. */
export type PatternPiece = {readonly text: string; readonly quoted: boolean};

/** One character of a pattern, or any number of them. */
type Token = 'any number' | ((character: string) => boolean);

const classes: Readonly<Record<string, RegExp>> = {
	alpha: /[A-Za-z]/v, digit: /\d/v, alnum: /[\dA-Za-z]/v, upper: /[A-Z]/v, lower: /[a-z]/v, space: /\s/v,
};

/** What stands between brackets, such as `a-z` and `[:digit:]`. */
const classOf = (inner: string): (character: string) => boolean => {
	const isNegated = /^[!^]/v.test(inner);
	const members = (isNegated ? inner.slice(1) : inner).match(/\[:[a-z]+:\]|[^\-]-[^\-]|[\s\S]/gv) ?? [];
	const tests = members.map(member => {
		const known = member.length > 3 ? classes[member.slice(2, -2)] : undefined;
		return (character: string) => known ? known.test(character) : (member.length === 3 ? character >= member[0]! && character <= member[2]! : character === member);
	});
	return character => tests.some(test => test(character)) !== isNegated;
};

const tokensOf = (pieces: readonly PatternPiece[]): readonly Token[] => {
	const tokens: Token[] = [];
	for (const {text, quoted} of pieces) {
		for (let index = 0; index < text.length; index++) {
			const character = text[index]!;
			const end = character === '[' && !quoted ? text.indexOf(']', index + (/^\[[!^]?\[:/v.test(text.slice(index)) ? text.slice(index).indexOf(':]') + 2 : 2)) : -1;
			if (end !== -1) {
				tokens.push(classOf(text.slice(index + 1, end)));
				index = end;
			} else if (character === '*' && !quoted) {
				tokens.push('any number');
			} else if (character === '?' && !quoted) {
				tokens.push(() => true);
			} else {
				tokens.push(other => other === character);
			}
		}
	}

	return tokens;
};

/**
Compares whole texts with a shell pattern: `*`, `?` and `[…]`.

Only the last star is ever tried again, so that no pattern takes longer than its length times the text's.
*/
export const compilePattern = (pieces: readonly PatternPiece[]): ((text: string) => boolean) => {
	const tokens = tokensOf(pieces);
	return text => {
		let [position, at] = [0, 0];
		let star: {readonly at: number; position: number} | undefined;
		while (position < text.length) {
			const token = tokens[at];
			if (token === 'any number') {
				star = {at, position};
				at++;
			} else if (token?.(text[position]!)) {
				at++;
				position++;
			} else if (star) {
				star.position++;
				({position} = star);
				at = star.at + 1;
			} else {
				return false;
			}
		}

		return tokens.slice(at).every(token => token === 'any number');
	};
};

export const isPattern = (pieces: readonly PatternPiece[]): boolean => pieces.some(({text, quoted}) => !quoted && /[*?\[]/v.test(text));

/** The pieces of a pattern of files part by part, a part ending at each slash. */
const partsOf = (pieces: readonly PatternPiece[]): readonly PatternPiece[][] => {
	const parts: PatternPiece[][] = [[]];
	for (const {text, quoted} of pieces) {
		for (const [index, piece] of text.split('/').entries()) {
			if (index > 0) {
				parts.push([]);
			}

			parts.at(-1)!.push({text: piece, quoted});
		}
	}

	return parts;
};

/** The paths that a pattern stands for, in order; none when nothing is there. */
export const matchFiles = (files: FileTree, directory: string, pieces: readonly PatternPiece[]): readonly string[] => {
	let found = [''];
	for (const [index, part] of partsOf(pieces).entries()) {
		const plain = part.map(({text}) => text).join('');
		const separator = index === 0 ? '' : '/';
		if (!isPattern(part)) {
			found = found.map(path => path + separator + plain);
			continue;
		}

		const matches = compilePattern(part);
		found = found.flatMap(path => {
			const node = files.find(pathIn(directory, path === '' && separator === '' ? '.' : `${path}/`))?.node;
			return node?.type === 'directory'
				? [...node.children.keys()].filter(name => matches(name) && (!name.startsWith('.') || plain.startsWith('.'))).toSorted().map(name => path + separator + name)
				: [];
		});
	}

	return found.filter(path => files.find(pathIn(directory, path), {follow: false}));
};
