import {type Readable} from 'node:stream';
import type {FileChange} from './resources.js';

/** Changes of a container's file system against its image, and all of it as a tar. */
export type ChangesVerbs = {
	/** What differs from the image, directories before what is in them: what was added with everything below it, of what was deleted the topmost path only, and the directories above. Mounts and what was made to mount them are left out. */
	changes: (reference: string) => Promise<readonly FileChange[]>;
	/** A tar of the whole root file system, names relative to it, without the content of mounts. */
	exportContainer: (reference: string) => Promise<Readable>;
};
