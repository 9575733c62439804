import type {Readable} from 'node:stream';
import type {FileChange} from './resources.js';

/** Changes of a container's file system against its image, and all of it as a tar. */
export type ChangesVerbs = {
	/** Differences from the image, each directory before its content: every added path, only the topmost path of a deleted tree, and as `changed` the directories above. Mounts and their mount points are left out. */
	changes: (reference: string) => Promise<readonly FileChange[]>;
	/** A tar of the whole root file system with relative names, without the content of mounts. */
	exportContainer: (reference: string) => Promise<Readable>;
};
