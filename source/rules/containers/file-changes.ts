import type {FileChange} from '../../engine/resources.js';

/** The directory of an absolute path; empty for what is in the root. */
export const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** In the order of a walk: a directory, then what is in it, then what comes after it. */
export const inOrder = (one: string, other: string): number => {
	const [a, b] = [one.replaceAll('/', '\0'), other.replaceAll('/', '\0')];
	return a < b ? -1 : Number(a > b);
};

/**
Changes by their absolute paths as a list: as in Docker, the directories above a change have changed, and the root itself is no part of it.

`ignored` are paths that something is mounted at. They are left out, and directories that were added for nothing else.
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
