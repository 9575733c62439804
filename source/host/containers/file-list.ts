import {HolmError} from '../../engine/errors.js';
import type {FileChange} from '../../engine/resources.js';
import {directoryOf} from '../../rules/containers/file-changes.js';

/** Format for GNU find: the fields that are compared, then the path, the only one that may contain spaces. */
export const listFormat = String.raw`%y %m %U %G %n %s %T@ %C@ /%P\0`;

const fieldPattern = /^(?<type>\S) (?<mode>\d+) (?<uid>\d+) (?<gid>\d+) (?<links>\d+) (?<size>\d+) (?<modified>[\d.\-]+) (?<changed>[\d.\-]+) $/v;

/** The fields of each file by path. Paths are bytes in latin1. */
export type FileList = ReadonlyMap<string, string>;

/** Parses the output of find chunk by chunk. Throws `internal` if it is not a list. */
export const createListParser = (onFile: (path: string, fields: string) => void) => {
	let rest = '';
	return {
		push(chunk: Uint8Array) {
			const records = (rest + Buffer.from(chunk).toString('latin1')).split('\0');
			rest = records.pop()!;
			for (const record of records) {
				const length = record.indexOf('/');
				if (length < 1) {
					throw new HolmError('internal', 'the guest sent an invalid list of files');
				}

				onFile(record.slice(length), record.slice(0, length));
			}
		},
		/** Throws if the list is truncated. */
		end() {
			if (rest !== '') {
				throw new HolmError('internal', 'the list of files is truncated');
			}
		},
	};
};

export const parseList = (bytes: Uint8Array): FileList => {
	const files = new Map<string, string>();
	const parser = createListParser((path, fields) => {
		files.set(path, fields);
	});
	parser.push(bytes);
	parser.end();
	return files;
};

const parseFields = (fields: string): Readonly<Record<string, string>> => {
	const groups = fieldPattern.exec(fields)?.groups;
	if (!groups) {
		throw new HolmError('internal', 'the guest sent an invalid list of files');
	}

	return groups;
};

/**
Whether a file has changed, given two unequal sets of fields.

A directory has changed if its mode or owner has; its entries are listed themselves. Any other file has changed if its ctime has, which only the kernel sets. Content is not compared, and setting an attribute to the same value counts. The ctime also changes when another hard link is removed, which does not count.
*/
const isChanged = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean => {
	const isDifferent = (names: readonly string[]) => names.some(name => one[name] !== other[name]);
	if (isDifferent(['type', 'mode', 'uid', 'gid'])) {
		return true;
	}

	return one.type !== 'd' && (isDifferent(['size', 'modified']) || (isDifferent(['changed']) && Number(other.links) >= Number(one.links)));
};

/** Upper limit, because the container decides how many files there are. */
const maximumChanges = 1_000_000;

/** Compares the files of a container with those of its image, as they are listed. */
export const createComparison = (base: FileList) => {
	const missing = new Set(base.keys());
	const directories = new Set(['']);
	const changes = new Map<string, FileChange['kind']>();
	const replaced: string[] = [];
	const note = (path: string, kind: FileChange['kind']) => {
		changes.set(path, kind);
		if (changes.size > maximumChanges) {
			throw new HolmError('unavailable', `more than ${maximumChanges} files have changed`, {remedy: 'look into the container itself, or export it'});
		}
	};

	return {
		add(path: string, fields: string) {
			missing.delete(path);
			if (fields.startsWith('d')) {
				directories.add(path);
			}

			const before = base.get(path);
			if (before === undefined) {
				note(path, 'added');
			} else if (before !== fields && isChanged(parseFields(before), parseFields(fields))) {
				note(path, 'changed');
				if (!(before.startsWith('d') && fields.startsWith('d'))) {
					replaced.push(path);
				}
			}
		},
		/** Call it after all files were added. */
		changes(): ReadonlyMap<string, FileChange['kind']> {
			for (const path of missing) {
				// The contents of a deleted or replaced directory are implied.
				if (directories.has(directoryOf(path))) {
					note(path, 'deleted');
				}
			}

			return changes;
		},
		/** Paths that changed and must be removed first: all but directories that still are directories. */
		replaced: () => replaced,
	};
};

/** Decodes a path from latin1 bytes to text. */
export const decodePath = (path: string): string => Buffer.from(path, 'latin1').toString();
