import {parseMountInfo, readMounts, type MountPoint} from '../mounts.js';

const targetsBelow = (mounts: readonly MountPoint[], directory: string): readonly string[] => mounts
	.map(({target}) => target)
	.filter(target => target.startsWith(`${directory}/`))
	.toSorted()
	.toReversed();

/** Where something is mounted below a directory, the deepest first; the directory itself is not among them. A place at which two are mounted is there twice. */
export const parseMountsBelow = (mountinfo: string, directory: string): readonly string[] =>
	targetsBelow(parseMountInfo(mountinfo), directory);

export const mountsBelow = async (directory: string): Promise<readonly string[]> => targetsBelow(await readMounts(), directory);
