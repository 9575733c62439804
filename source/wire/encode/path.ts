import {Buffer} from 'node:buffer';
import type {PathStatus} from '../../engine/archives.js';
import {toGoMode} from '../file-modes.js';

export const pathStatusHeader = 'x-docker-container-path-stat';

/** The header value with the status of a path inside a container. */
export const encodePathStatus = (status: PathStatus): string => Buffer.from(JSON.stringify({
	name: status.name,
	size: status.sizeBytes,
	mode: toGoMode(status.mode),
	// Here 0 is a valid time, the epoch; elsewhere it means no time.
	mtime: new Date(status.modifiedAt).toISOString(),
	linkTarget: status.linkTarget,
})).toString('base64');
