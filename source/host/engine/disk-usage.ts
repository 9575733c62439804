import {stat} from 'node:fs/promises';
import {run} from '../run.js';
import type {Context, Entry} from './context.js';

/** Bytes on the host's disk that a container uses in addition to its image. */
export const writtenBytesOf = async ({paths}: Context, {container}: Entry): Promise<number> => {
	const status = await stat(paths.container(container.id).disk).catch(() => undefined);
	return (status?.blocks ?? 0) * 512;
};

/** Bytes that a directory uses on the disk. */
export const directoryBytes = async (directory: string): Promise<number> => {
	const {stdout} = await run('du', ['--summarize', '--block-size=1', '--one-file-system', directory], {accept: [0, 1]});
	return Number.parseInt(stdout, 10) || 0;
};
