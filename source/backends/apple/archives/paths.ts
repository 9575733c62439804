import path from 'node:path';
import {isContentPath} from '../../../archive/copy-paths.js';
import {HolmError} from '../../../engine/errors.js';
import {mountPath} from '../../../rules/names.js';
import type {Item} from '../listing.js';

/** A path as messages have it. */
export const shown = (text: string) => JSON.stringify(text.slice(0, 300)).slice(1, -1);

export const missing = ({name}: Item, given: string, cause?: unknown) =>
	new HolmError('not-found', `Could not find the file ${shown(given)} in container ${name}`, {remedy: 'check the path', cause});

export const assertPath = (given: string): void => {
	if (given === '' || given.includes('\0')) {
		throw new HolmError('invalid', `${JSON.stringify(given.slice(0, 100))} is not a path`, {remedy: 'name a file in the container'});
	}
};

/** The directory and the name of a path, for tar. */
export const partsOf = (given: string): {readonly directory: string; readonly name: string} => {
	const whole = mountPath(given);
	return isContentPath(given) || whole === '/' ? {directory: whole, name: '.'} : {
		directory: path.posix.dirname(whole),
		name: path.posix.basename(whole),
	};
};
