import {Buffer} from 'node:buffer';
import type {PathStatus} from '../../engine/archives.js';
import {fieldsOf} from '../fields.js';
import {fromGoMode} from '../file-modes.js';
import {parseJson} from '../json.js';
import {decodeTime} from '../times.js';

/** The header with the status of a path inside a container. */
export const decodePathStatus = (header: string): PathStatus => {
	const fields = fieldsOf(parseJson(Buffer.from(header, 'base64').toString(), 'the status of the path'), 'the status of the path');
	return {
		name: fields.text('name'),
		sizeBytes: fields.number('size'),
		mode: fromGoMode(fields.number('mode')),
		modifiedAt: decodeTime(fields.text('mtime')),
		linkTarget: fields.text('linkTarget'),
	};
};
