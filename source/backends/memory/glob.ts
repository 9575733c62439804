import type {FileTree} from './file-tree.js';

/** A pattern that matches exactly a text. */
export const escapePattern = (text: string): string => text.replaceAll(/[*?\\]/gv, String.raw`\$&`);

export const unescapePattern = (pattern: string): string => pattern.replaceAll(/\\(?<character>[\s\S])/gv, '$<character>');

/** Whether a pattern has a `*` or `?` without a backslash before it. */
export const isPattern = (pattern: string): boolean => /[*?]/v.test(pattern.replaceAll(/\\[\s\S]/gv, ''));

/** The regular expression of a pattern for whole texts: `*` matches any characters, `?` one, a backslash escapes. */
export const patternOf = (pattern: string): RegExp => {
	const pieces = pattern.match(/\\[\s\S]|\*+|[\s\S]/gv) ?? [];
	return new RegExp(`^${pieces.map(piece => {
		const character = piece.startsWith('\\') ? piece.slice(1) : piece;
		return piece.startsWith('*') ? '.*' : (piece === '?' ? '.' : character.replace(/[$\(\)*+.?\[\\\]^\{\|\}]/v, String.raw`\$&`));
	}).join('')}$`, 'sv');
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

		const expression = patternOf(part);
		found = found.flatMap(path => {
			const node = files.find(index > 0 && pattern.startsWith('/') ? `${path}/` : `${directory}/${path}`)?.node;
			return node?.type === 'directory'
				? [...node.children.keys()].filter(name => expression.test(name) && name.startsWith('.') === part.startsWith('.')).toSorted().map(name => path + separator + name)
				: [];
		});
	}

	return found.filter(path => files.find(path.startsWith('/') ? path : `${directory}/${path}`, {follow: false}));
};
