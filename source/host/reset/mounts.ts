import {parseMountInfo, readMounts, type MountPoint} from '../mounts.js';

const targetsBelow = (mounts: readonly MountPoint[], directory: string): readonly string[] => mounts
	.map(({target}) => target)
	.filter(target => target.startsWith(`${directory}/`))
	.toSorted()
	.toReversed();

/** The mount points below a directory, deepest first, without the directory itself. A place with two mounts appears twice. */
export const parseMountsBelow = (mountinfo: string, directory: string): readonly string[] =>
	targetsBelow(parseMountInfo(mountinfo), directory);

export const mountsBelow = async (directory: string): Promise<readonly string[]> => targetsBelow(await readMounts(), directory);
