import {Buffer} from 'node:buffer';
import type {PathStatus} from '../../engine.js';
import {toGoMode} from '../file-modes.js';
import {encodeTime} from '../times.js';

export const pathStatusHeader = 'x-docker-container-path-stat';

/** The value of the header that says what a path inside a container is. */
export const encodePathStatus = (status: PathStatus): string => Buffer.from(JSON.stringify({
	name: status.name,
	size: status.sizeBytes,
	mode: toGoMode(status.mode),
	mtime: encodeTime(status.modifiedAt),
	linkTarget: status.linkTarget,
})).toString('base64');
