import {run, type RunResult} from '../source/host/run.js';
import {image, type BenchEngine} from './bench-engine.js';
import type {Site} from './measurement.js';

export type Docker = {
	readonly docker: (...arguments_: readonly string[]) => Promise<RunResult>;
	/** The same image as the engine's, in Docker, gone afterwards. */
	readonly image: string;
};

/** Docker where it is installed and its daemon answers; otherwise why not. */
export const openDocker = async ({stack}: Site, {context}: BenchEngine): Promise<Docker | string> => {
	const docker = async (...arguments_: readonly string[]) => run('docker', arguments_);
	try {
		await docker('version');
	} catch (error) {
		return `docker: ${(error as Error).message}`;
	}

	const tag = `holm-${image}`;
	await docker('build', '--tag', tag, context);
	stack.defer(async () => {
		await docker('rmi', tag);
	});
	return {docker, image: tag};
};
