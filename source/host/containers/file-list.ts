import {HolmError} from '../../engine/errors.js';
import type {FileChange} from '../../engine/resources.js';
import {directoryOf} from '../../rules/containers/file-changes.js';

/** What GNU find prints of each file: what is compared, and at the end the path, which alone may hold spaces. */
export const listFormat = String.raw`%y %m %U %G %n %s %T@ %C@ /%P\0`;

const fieldPattern = /^(?<type>\S) (?<mode>\d+) (?<uid>\d+) (?<gid>\d+) (?<links>\d+) (?<size>\d+) (?<modified>[\d.\-]+) (?<changed>[\d.\-]+) $/v;

/** The fields of a file by its path. Paths are bytes, each a character. */
export type FileList = ReadonlyMap<string, string>;

/** Takes the output of find apart, in the pieces in which it comes. Throws `internal` for what is no list. */
export const createListParser = (onFile: (path: string, fields: string) => void) => {
	let rest = '';
	return {
		push(chunk: Uint8Array) {
			const records = (rest + Buffer.from(chunk).toString('latin1')).split('\0');
			rest = records.pop()!;
			for (const record of records) {
				const length = record.indexOf('/');
				if (length < 1) {
					throw new HolmError('internal', 'the guest sent no list of files');
				}

				onFile(record.slice(length), record.slice(0, length));
			}
		},
		/** Throws where the list breaks off. */
		end() {
			if (rest !== '') {
				throw new HolmError('internal', 'the list of files broke off');
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
		throw new HolmError('internal', 'the guest sent no list of files');
	}

	return groups;
};

/**
Whether a file is another one than it was, from two unequal lists of its fields.

A directory has changed when its mode or owner has; what came and went in it says so itself. Everything else has when the time of its last change is another one, which only the kernel sets: so content is not compared, and an attribute that was set to what it was counts. That time changes also when another name of the file is taken away, which is no change of this one.
*/
const isChanged = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean => {
	const isDifferent = (names: readonly string[]) => names.some(name => one[name] !== other[name]);
	if (isDifferent(['type', 'mode', 'uid', 'gid'])) {
		return true;
	}

	return one.type !== 'd' && (isDifferent(['size', 'modified']) || (isDifferent(['changed']) && Number(other.links) >= Number(one.links)));
};

/** How many changes are listed: names are the container's, and their number too. */
const maximumChanges = 1_000_000;

/** Compares the files of a container, as they are listed, with those of its image. */
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
		/** To be called when all files were added. */
		changes(): ReadonlyMap<string, FileChange['kind']> {
			for (const path of missing) {
				// Of what is gone as a whole, or is no directory any more, the rest goes without saying.
				if (directories.has(directoryOf(path))) {
					note(path, 'deleted');
				}
			}

			return changes;
		},
		/** What has changed and is not the same directory still. */
		replaced: () => replaced,
	};
};

/** A path of bytes as text. */
export const decodePath = (path: string): string => Buffer.from(path, 'latin1').toString();
