import {literally, textWildcards, wildcardMatcher} from '../../text/wildcards.js';
import type {FileTree} from './file-tree.js';

/** A pattern that matches exactly a text. */
export const escapePattern = (text: string): string => text.replaceAll(/[*?\\]/gv, String.raw`\$&`);

export const unescapePattern = (pattern: string): string => pattern.replaceAll(/\\(?<character>[\s\S])/gv, '$<character>');

/** Whether a pattern has a `*` or `?` without a backslash before it. */
export const isPattern = (pattern: string): boolean => /[*?]/v.test(pattern.replaceAll(/\\[\s\S]/gv, ''));

/** Characters of a pattern at most; no name of a file is longer. */
const longestPattern = 8192;

/** A test of whole texts by a pattern: `*` matches any characters, `?` one, a backslash escapes. */
export const matcherOf = (pattern: string): ((text: string) => boolean) => {
	const pieces = pattern.replaceAll(/(?<escaped>\\[\s\S])|\*+/gv, (_whole, escaped?: string) => escaped ?? '*').match(/\\[\s\S]|[\s\S]/gv) ?? [];
	if (pieces.length > longestPattern) {
		return () => false;
	}

	return wildcardMatcher(pieces.flatMap(piece => piece.startsWith('\\') && piece.length > 1 ? literally(piece.slice(1)) : textWildcards(piece)));
};

/** The paths below a directory that match a pattern, sorted; hidden files only for a pattern that begins with a dot. */
export const matchFiles = (files: FileTree, directory: string, pattern: string): readonly string[] => {
	let found = [''];
	for (const [index, part] of pattern.split('/').entries()) {
		const separator = index === 0 ? '' : '/';
		if (!isPattern(part)) {
			found = found.map(path => path + separator + unescapePattern(part));
			continue;
		}

		const matches = matcherOf(part);
		found = found.flatMap(path => {
			const node = files.find(index > 0 && pattern.startsWith('/') ? `${path}/` : `${directory}/${path}`)?.node;
			return node?.type === 'directory'
				? [...node.children.keys()].filter(name => name.startsWith('.') === part.startsWith('.') && matches(name)).toSorted().map(name => path + separator + name)
				: [];
		});
	}

	return found.filter(path => files.find(path.startsWith('/') ? path : `${directory}/${path}`, {follow: false}));
};
