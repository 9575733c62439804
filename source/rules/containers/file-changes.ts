import type {FileChange} from '../../engine/resources.js';

/** The directory of an absolute path; empty for entries of the root. */
export const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** Compares paths in the order of a walk: a directory comes before its entries, and those before its siblings. */
export const inOrder = (one: string, other: string): number => {
	const [a, b] = [one.replaceAll('/', '\0'), other.replaceAll('/', '\0')];
	return a < b ? -1 : Number(a > b);
};

/**
Lists changes, given by absolute path, as Docker does: the directories above a change count as changed, the root itself is left out.

`ignored` are mount points. They are left out, together with directories that were added only for them.
*/
export const listChanges = (changes: ReadonlyMap<string, FileChange['kind']>, ignored: readonly string[]): readonly FileChange[] => {
	const all = new Map(changes);
	for (const path of ignored) {
		all.delete(path);
	}

	for (const path of ignored) {
		for (let above = directoryOf(path); all.get(above) === 'added' && !all.keys().some(other => other.startsWith(`${above}/`)); above = directoryOf(above)) {
			all.delete(above);
		}
	}

	const parents = new Map<string, FileChange['kind']>();
	for (const path of all.keys()) {
		for (let above = directoryOf(path); above !== '' && !all.has(above) && !parents.has(above); above = directoryOf(above)) {
			parents.set(above, 'changed');
		}
	}

	return [...all, ...parents].map(([path, kind]) => ({path, kind})).toSorted((one, other) => inOrder(one.path, other.path));
};
