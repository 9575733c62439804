import {textWildcards, wildcardMatcher} from '../../text/wildcards.js';
import type {FileTree} from './file-tree.js';

/** The paths from the root that match a pattern with `*` and `?`, sorted; hidden files only for a pattern that begins with a dot. */
export const matchFiles = (files: FileTree, pattern: string): readonly string[] => {
	let found = [''];
	for (const part of pattern.split('/').filter(name => name !== '')) {
		const matches = wildcardMatcher(textWildcards(part));
		const isHidden = part.startsWith('.');
		found = found.flatMap(path => {
			const node = files.find(`${path}/`)?.node;
			const names = node?.type === 'directory' ? [...node.children.keys()] : [];
			return names.filter(name => name.startsWith('.') === isHidden && matches(name)).toSorted().map(name => `${path}/${name}`);
		});
	}

	return found.map(path => path || '/');
};
