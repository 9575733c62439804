import {readFile} from 'node:fs/promises';
import {HolmError} from '../engine/errors.js';
import {run} from './run.js';

/** One line of `/proc/PID/mountinfo`, see proc(5). */
export type MountPoint = {
	readonly id: string;
	/** Id of the parent mount. */
	readonly parent: string;
	/** Path of the mount point, as the process sees it. */
	readonly target: string;
	/** Options of the mount, not of its file system. */
	readonly options: readonly string[];
};

/** The kernel escapes space, tab, line feed, backslash and number sign as three octal digits. */
const unescape = (text: string): string => text.replaceAll(/\\(?<digits>[0-7]{3})/gv, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));

export const parseMountInfo = (text: string): readonly MountPoint[] => text.split('\n').filter(line => line !== '').map(line => {
	const [id = '', parent = '', , , target = '', options = ''] = line.split(' ');
	return {
		id, parent, target: unescape(target), options: options.split(','),
	};
});

/** The mounts that a process sees; default this process. */
export const readMounts = async (pid: number | 'self' = 'self'): Promise<readonly MountPoint[]> => parseMountInfo(await readFile(`/proc/${pid}/mountinfo`, 'utf8'));

/** The mounts below a directory, and with `isWithSelf` those on the directory. Mounts that another one at the same place hides are left out. */
export const mountsBelow = (mounts: readonly MountPoint[], directory: string, isWithSelf = false): readonly MountPoint[] => {
	const hidden = new Set(mounts.map(({parent, target}) => `${parent} ${target}`));
	return mounts
		.filter(({target}) => target.startsWith(`${directory}/`) || (isWithSelf && target === directory))
		.filter(({id, target}) => !hidden.has(`${id} ${target}`));
};

/** The mount points below a directory, deepest first. Hidden mounts are included, so a place with two mounts appears twice. */
export const mountPointsBelow = (mounts: readonly MountPoint[], directory: string): readonly string[] => mounts
	.map(({target}) => target)
	.filter(target => target.startsWith(`${directory}/`))
	.toSorted()
	.toReversed();

/**
Unmounts everything below a directory, before the directory is removed recursively.

Throws `unavailable` if a mount remains, because removal would then delete files of another file system.
*/
export const unmountBelow = async (directory: string): Promise<void> => {
	let failure: unknown;
	for (const {target} of mountsBelow(await readMounts(), directory).toReversed()) {
		try {
			await run('umount', ['--no-canonicalize', '--lazy', target]);
		} catch (error) {
			failure = error;
		}
	}

	const [left] = mountsBelow(await readMounts(), directory);
	if (left) {
		throw new HolmError('unavailable', `${directory} is not removed: something is mounted on ${left.target}`, {remedy: `umount ${left.target}`, cause: failure});
	}
};
