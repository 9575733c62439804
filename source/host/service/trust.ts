import {lstat, readdir, readFile, realpath} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';

/** The parts of a file's status that decide who may write to it. */
type Status = {readonly uid: number; readonly gid: number; readonly mode: number; readonly isDirectory: () => boolean};

const groupBit = 0o020;
const otherBit = 0o002;
const stickyBit = 0o1000;

/** Groups that have a member other than root. Debian's group `staff`, which owns parts of /usr/local on older hosts, is usually empty. */
export const parseGroups = (groups: string, passwd: string): ReadonlySet<number> => {
	const rows = (text: string) => text.split('\n').map(line => line.split(':'));
	return new Set([
		...rows(groups).filter(([, , , members = '']) => members.split(',').some(name => name !== '' && name !== 'root')).map(([, , gid]) => Number(gid)),
		...rows(passwd).filter(([name, , uid]) => name !== '' && uid !== undefined && uid !== '0').map(([, , , gid]) => Number(gid)),
	]);
};

/** Why users other than root may write to a file; undefined if they may not. In a sticky directory they cannot replace root's files. */
export const writersOf = (status: Status, populated: ReadonlySet<number>): string | undefined => {
	const {uid, gid, mode} = status;
	if (uid !== 0) {
		return `user ${uid} owns it`;
	}

	const isSticky = status.isDirectory() && (mode & stickyBit) !== 0;
	if ((mode & otherBit) !== 0 && !isSticky) {
		return 'every user may write to it';
	}

	return (mode & groupBit) !== 0 && gid !== 0 && populated.has(gid) && !isSticky ? `the members of group ${gid} may write to it` : undefined;
};

type Offender = {readonly file: string; readonly reason: string};

const ancestorsOf = (file: string): readonly string[] => {
	const parent = path.dirname(file);
	return parent === file ? [file] : [...ancestorsOf(parent), file];
};

/** The first file that a user other than root may write to: the path itself, a directory above it, or anything below it. Symbolic links are followed. */
const findOffender = async (start: string, populated: ReadonlySet<number>): Promise<Offender | undefined> => {
	const seen = new Set<string>();
	const check = async (file: string): Promise<Offender | undefined> => {
		const status = await lstat(file);
		const reason = status.isSymbolicLink() ? undefined : writersOf(status, populated);
		return reason === undefined ? undefined : {file, reason};
	};

	const checkTree = async (file: string): Promise<Offender | undefined> => {
		if (seen.has(file)) {
			return undefined;
		}

		seen.add(file);
		const status = await lstat(file);
		if (status.isSymbolicLink()) {
			// A dangling link cannot be executed.
			const target = await realpath(file).catch(() => undefined);
			return target === undefined ? undefined : checkWhole(target);
		}

		const reason = writersOf(status, populated);
		if (reason !== undefined) {
			return {file, reason};
		}

		const names = status.isDirectory() ? await readdir(file) : [];
		for (const name of names) {
			// The history of a checkout is not executed.
			const offender = name === '.git' ? undefined : await checkTree(path.join(file, name));
			if (offender) {
				return offender;
			}
		}

		return undefined;
	};

	const checkWhole = async (file: string): Promise<Offender | undefined> => {
		for (const ancestor of ancestorsOf(path.dirname(file))) {
			if (seen.has(ancestor)) {
				continue;
			}

			const offender = await check(ancestor);
			if (offender) {
				return offender;
			}
		}

		return checkTree(file);
	};

	return checkWhole(await realpath(start));
};

/** Throws `forbidden` if a user other than root can change code that root will run: a file, or a directory with everything in it. */
export const assertOnlyRootWrites = async (files: readonly string[]): Promise<void> => {
	const [groups, passwd] = await Promise.all(['/etc/group', '/etc/passwd'].map(async file => readFile(file, 'utf8')));
	const populated = parseGroups(groups!, passwd!);
	for (const file of files) {
		const offender = await findOffender(file, populated);
		if (offender) {
			throw new HolmError('forbidden', `the service would run ${file} as root, and ${offender.file} is not root's alone: ${offender.reason}`, {
				remedy: `install Holm and Node where only root writes, or give them to root: sudo chown -R root:root ${file} && sudo chmod -R go-w ${file}`,
			});
		}
	}
};
