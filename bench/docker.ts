import path from 'node:path';
import {run, type RunResult} from '../source/host/run.js';
import {image, type BenchEngine} from './bench-engine.js';
import type {Site} from './measurement.js';

export type Docker = {
	readonly docker: (...arguments_: readonly string[]) => Promise<RunResult>;
	/** The same image as the engine's, in Docker, gone afterwards. */
	readonly image: string;
};

/** Docker where it is installed and its daemon answers; otherwise why not. */
export const openDocker = async ({stack, directory}: Site, {context}: BenchEngine): Promise<Docker | string> => {
	const docker = async (...arguments_: readonly string[]) => run('docker', arguments_);
	try {
		await docker('version');
	} catch (error) {
		return `docker: ${(error as Error).message}`;
	}

	const tag = `holm-${image}`;
	const archive = path.join(await directory(), 'image.tar');
	// Not by a build, which older clients and newer daemons disagree about.
	await run('tar', ['--create', '--file', archive, '--directory', context, 'bin']);
	await docker('import', archive, tag);
	stack.defer(async () => {
		await docker('rmi', tag);
	});
	return {docker, image: tag};
};
