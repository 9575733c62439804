import {Buffer} from 'node:buffer';

/** `mode` has permission bits only; `modifiedAt` is in milliseconds since the epoch. */
type Attributes = {readonly mode: number; readonly uid: number; readonly gid: number; readonly modifiedAt: number};

export type FileNode = Attributes & {readonly type: 'file'; readonly content: Uint8Array};
export type LinkNode = Attributes & {readonly type: 'link'; readonly target: string};
export type DirectoryNode = Attributes & {readonly type: 'directory'};

/** A file of a tree. It never changes: a tree replaces it, so that images and containers share all others. */
export type TreeNode = FileNode | LinkNode | DirectoryNode;

/** Files by their absolute paths, without links in them; that of the root is empty. */
export type Nodes = ReadonlyMap<string, TreeNode>;

/** Bytes of one file at most: everything is in memory. */
export const largestFile = 64 * 1024 * 1024;

/** Bytes that a tree may have beyond the one it was forked from, files without content included. */
export const largestTree = 256 * 1024 * 1024;

export const directoryNode = (modifiedAt: number, mode = 0o755): DirectoryNode => ({
	type: 'directory', mode, uid: 0, gid: 0, modifiedAt,
});

export const fileNode = (modifiedAt: number, content: string | Uint8Array, mode = 0o644): FileNode => ({
	type: 'file', mode, uid: 0, gid: 0, modifiedAt, content: Buffer.from(content as string),
});

export const linkNode = (modifiedAt: number, target: string): LinkNode => ({
	type: 'link', mode: 0o777, uid: 0, gid: 0, modifiedAt, target,
});

const messages = {
	ENOENT: 'No such file or directory',
	ENOTDIR: 'Not a directory',
	EISDIR: 'Is a directory',
	EROFS: 'Read-only file system',
	ELOOP: 'Too many levels of symbolic links',
	EEXIST: 'File exists',
	ENOTEMPTY: 'Directory not empty',
	EBUSY: 'Resource busy',
	ENOSPC: 'No space left on device',
	ENAMETOOLONG: 'File name too long',
} as const;

export type FileErrorCode = keyof typeof messages;

/** The failure of a file operation, in the words of the C library. */
export const fileError = (code: FileErrorCode): Error & {readonly code: FileErrorCode} => Object.assign(new Error(messages[code]), {code});

export const isFileError = (error: unknown): error is Error & {readonly code: FileErrorCode} =>
	error instanceof Error && 'code' in error && typeof error.code === 'string' && Object.hasOwn(messages, error.code);

const typeBits = {file: 0o10_0000, link: 0o12_0000, directory: 0o04_0000} as const;

/** Type and permission bits as in `st_mode`. */
export const modeOf = (node: TreeNode): number => typeBits[node.type] | node.mode;

/** Bytes that each file takes in memory beside its content. */
const overhead = 512;

/** Bytes of the content of a file or link. */
export const contentBytes = (node: TreeNode): number => {
	if (node.type === 'directory') {
		return 0;
	}

	return node.type === 'file' ? node.content.length : node.target.length;
};

/** The size of a file as in `st_size`. */
export const sizeOf = (node: TreeNode): number => node.type === 'directory' ? 4096 : contentBytes(node);

/** Bytes that a node takes in memory. */
export const spaceOf = (node: TreeNode): number => overhead + contentBytes(node);
