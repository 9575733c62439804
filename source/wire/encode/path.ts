import {Buffer} from 'node:buffer';
import type {PathStatus} from '../../engine/archives.js';
import {toGoMode} from '../file-modes.js';

export const pathStatusHeader = 'x-docker-container-path-stat';

/** The value of the header that says what a path inside a container is. */
export const encodePathStatus = (status: PathStatus): string => Buffer.from(JSON.stringify({
	name: status.name,
	size: status.sizeBytes,
	mode: toGoMode(status.mode),
	// A file may be as old as the epoch, which elsewhere stands for no time at all.
	mtime: new Date(status.modifiedAt).toISOString(),
	linkTarget: status.linkTarget,
})).toString('base64');
