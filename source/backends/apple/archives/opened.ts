import path from 'node:path';
import type {Header} from 'tar-stream';
import type {PathStatus} from '../../../engine/archives.js';

export type FileHeader = Pick<Header, 'type' | 'mode' | 'size' | 'mtime' | 'linkname'>;

/** An entry of an archive, which must be read before the next one. */
export type Entry = {readonly header: Header; readonly content: AsyncIterable<unknown>};

/** A path of a container that is read as an archive. */
export type Opened = {
	readonly first: FileHeader;
	readonly entries: AsyncGenerator<Entry, void>;
};

const types: Readonly<Record<string, number>> = {
	directory: 0o04,
	symlink: 0o12,
	'character-device': 0o02,
	'block-device': 0o06,
	fifo: 0o01,
};

export const statusOf = (given: string, {type, mode, size, mtime, linkname}: FileHeader): PathStatus => ({
	name: path.posix.basename(given) || '/',
	sizeBytes: size,
	mode: ((types[type ?? 'file'] ?? 0o10) * 0o1_0000) + (mode % 0o1_0000),
	modifiedAt: mtime?.getTime() ?? 0,
	linkTarget: type === 'symlink' ? path.posix.resolve(path.posix.dirname(`/${given}`), linkname ?? '') : '',
});
