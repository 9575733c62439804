import type {Readable} from 'node:stream';

/** Status of a path inside a container, as in the `X-Docker-Container-Path-Stat` header. */
export type PathStatus = {
	readonly name: string;
	readonly sizeBytes: number;
	/** Type and permission bits as in POSIX `st_mode`. */
	readonly mode: number;
	readonly modifiedAt: number;
	readonly linkTarget: string;
};

/** Files of a container, copied as tar archives. */
export type ArchivesVerbs = {
	pathStatus: (reference: string, path: string) => Promise<PathStatus>;
	/** A tar of the file or directory, whose first entry has its base name. */
	readArchive: (reference: string, path: string) => Promise<{readonly status: PathStatus; readonly tar: Readable}>;
	/** Unpacks a tar into the directory `path`, which must exist. */
	writeArchive: (reference: string, path: string, tar: Readable) => Promise<void>;
};
