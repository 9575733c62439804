import type {FileTree} from '../file-tree.js';
import {pathIn} from '../programs/paths.js';

/** A piece of a pattern: quoted text stands for itself. */
export type PatternPiece = {readonly text: string; readonly quoted: boolean};

const escape = (text: string) => text.replaceAll(/[$\(\)*+\-.\/?\[\\\]^\{\|\}]/gv, String.raw`\$&`);

const sourceOf = (text: string): string => {
	let source = '';
	for (let index = 0; index < text.length; index++) {
		const character = text[index]!;
		const end = character === '[' ? text.indexOf(']', index + 2) : -1;
		if (character === '*') {
			// One star says as much as several, and is read faster.
			source += text[index - 1] === '*' ? '' : '.*';
		} else if (character === '?') {
			source += '.';
		} else if (end === -1) {
			source += escape(character);
		} else {
			const inner = text.slice(index + 1, end);
			const isNegated = inner.startsWith('!') || inner.startsWith('^');
			const members = (isNegated ? inner.slice(1) : inner).replaceAll('[:digit:', '0-9').replaceAll(/[&\[\\\]^~]/gv, String.raw`\$&`);
			source += `[${isNegated ? '^' : ''}${members}]`;
			index = end;
		}
	}

	return source;
};

/** The source of a regular expression for a shell pattern: `*`, `?` and `[…]`. */
export const patternSource = (pieces: readonly PatternPiece[]): string =>
	pieces.map(({text, quoted}) => quoted ? escape(text) : sourceOf(text)).join('');

export const isPattern = (pieces: readonly PatternPiece[]): boolean => pieces.some(({text, quoted}) => !quoted && /[*?\[]/v.test(text));

export const compilePattern = (pieces: readonly PatternPiece[]): RegExp => {
	try {
		return new RegExp(`^(?:${patternSource(pieces)})$`, 's');
	} catch {
		return new RegExp(`^${escape(pieces.map(({text}) => text).join(''))}$`, 's');
	}
};

/** The paths that a pattern stands for, in order; none when nothing is there. */
export const matchFiles = (files: FileTree, directory: string, pieces: readonly PatternPiece[]): readonly string[] => {
	// The pieces part by part, a part ending at each slash.
	const parts: PatternPiece[][] = [[]];
	for (const {text, quoted} of pieces) {
		for (const [index, piece] of text.split('/').entries()) {
			if (index > 0) {
				parts.push([]);
			}

			parts.at(-1)!.push({text: piece, quoted});
		}
	}

	let found = [''];
	for (const [index, part] of parts.entries()) {
		const plain = part.map(({text}) => text).join('');
		const separator = index === 0 ? '' : '/';
		if (!isPattern(part)) {
			found = found.map(path => path + separator + plain);
			continue;
		}

		const pattern = compilePattern(part);
		found = found.flatMap(path => {
			const node = files.find(pathIn(directory, path === '' && separator === '' ? '.' : `${path}/`))?.node;
			return node?.type === 'directory'
				? node.children.keys().filter(name => pattern.test(name) && (!name.startsWith('.') || plain.startsWith('.'))).map(name => path + separator + name).toArray().toSorted()
				: [];
		});
	}

	return found.filter(path => files.find(pathIn(directory, path), {follow: false}));
};
