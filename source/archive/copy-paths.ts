import path from 'node:path';
import {HolmError} from '../engine/errors.js';

/** One side of a copy. */
export type CopySide =
	| {readonly kind: 'container'; readonly reference: string; readonly path: string}
	| {readonly kind: 'host'; readonly path: string}
	/** `-` is a tar on standard input or output. */
	| {readonly kind: 'tar'};

/** Parses `CONTAINER:PATH`, a path of the host, or `-`. A path of the host that contains a colon must start with `/` or `.`. */
export const parseSide = (text: string): CopySide => {
	if (text === '-') {
		return {kind: 'tar'};
	}

	const colon = text.indexOf(':');
	if (colon === -1 || text.startsWith('/') || text.startsWith('.')) {
		return {kind: 'host', path: text};
	}

	const [reference, inside] = [text.slice(0, colon), text.slice(colon + 1)];
	if (reference === '' || inside === '') {
		throw new HolmError('invalid', `invalid path "${text}"`, {remedy: 'it is CONTAINER:PATH'});
	}

	return {kind: 'container', reference, path: inside.startsWith('/') ? inside : `/${inside}`};
};

/** The kind of file at a path. */
export type PathKind = 'file' | 'directory' | 'absent';

export const isDirectoryPath = (text: string) => text.endsWith('/') || isContentPath(text);

/** `dir/.` means the contents of the directory. */
export const isContentPath = (text: string) => text === '.' || text.endsWith('/.');

export type CopyPlan = {
	/** The existing directory in which the archive is unpacked. */
	readonly directory: string;
	/** The name of the archive's first entry there; empty puts its contents into the directory itself. */
	readonly name: string;
};

export type CopyQuestion = {
	readonly source: string;
	readonly sourceKind: 'file' | 'directory';
	readonly destination: string;
	readonly destinationKind: PathKind;
};

const baseName = (text: string) => path.posix.basename(path.posix.resolve('/', text));

/** The destination of a copy, by Docker's rules for `cp`. */
export const planCopy = ({source, sourceKind, destination, destinationKind}: CopyQuestion): CopyPlan => {
	if (sourceKind === 'file' && isDirectoryPath(source)) {
		throw new HolmError('invalid', `${source} is not a directory`, {remedy: 'leave out the slash at its end'});
	}

	const parent = {directory: path.posix.dirname(path.posix.resolve('/', destination)), name: baseName(destination)};
	if (destinationKind === 'directory') {
		return {directory: destination, name: sourceKind === 'directory' && isContentPath(source) ? '' : baseName(source)};
	}

	if (destinationKind === 'file') {
		if (sourceKind === 'directory') {
			throw new HolmError('conflict', `cannot copy directory ${source} over file ${destination}`, {remedy: 'name a directory to copy to'});
		}

		if (isDirectoryPath(destination)) {
			throw new HolmError('conflict', `${destination} is not a directory`, {remedy: 'leave out the slash at its end'});
		}

		return parent;
	}

	if (sourceKind === 'file' && isDirectoryPath(destination)) {
		throw new HolmError('not-found', `no such directory: ${destination}`, {remedy: 'create it first'});
	}

	return parent;
};

/** Puts the names of an archive of `dir/.`, which begin with `./`, below the name of a plan. */
export const renameContents = (name: string) => (entry: string): string =>
	[...(name === '' ? [] : [name]), entry.replace(/^(?:\.\/)+/v, '').replace(/^\.$/v, '')].join('/');

/** Replaces the first component of an archive's names by the name of a plan. */
export const renameFirst = (name: string) => (entry: string): string => {
	const rest = entry.replace(/^(?:\.\/)+/v, '').split('/').slice(1);
	return [...(name === '' ? [] : [name]), ...rest].join('/');
};
