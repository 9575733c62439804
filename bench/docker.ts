import path from 'node:path';
import {findCommand} from '../source/host/setup/programs.js';
import {run, type RunResult} from '../source/host/run.js';
import {startDockerDaemon} from '../test/docker/daemon.js';
import {image, type BenchEngine} from './bench-engine.js';
import type {Site, Subject} from './measurement.js';

export type Docker = {
	readonly docker: (...arguments_: readonly string[]) => Promise<RunResult>;
	/** The same image as the engine's, in Docker, gone afterwards. */
	readonly image: string;
};

/** Where the host's Docker daemon answers, or one that runs for the time of the bench. */
const findHost = async ({stack}: Site): Promise<readonly string[]> => {
	try {
		await run('docker', ['version']);
		return [];
	} catch {
		const {socket, close} = await startDockerDaemon();
		stack.defer(close);
		return ['--host', `unix://${socket}`];
	}
};

/** Docker where its daemon runs; otherwise why not. */
export const openDocker = async (site: Site, {context}: BenchEngine): Promise<Docker | string> => {
	const {stack, directory} = site;
	let host: readonly string[];
	try {
		host = await findHost(site);
	} catch (error) {
		return `Docker: ${(error as Error).message}`;
	}

	const docker = async (...arguments_: readonly string[]) => run('docker', [...host, ...arguments_]);

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

/** `docker …` against an engine of ours. */
export const dockerOf = ({paths}: BenchEngine) => async (...arguments_: readonly string[]): Promise<RunResult> => run('docker', ['--host', `unix://${paths.socket}`, ...arguments_]);

/** One reading by `holm`, by `docker` against Holm and by `docker` against Docker, as far as they are here. */
export const threeWays = async (site: Site, readBy: (command: Docker['docker'], image: string) => Subject['read']): Promise<{readonly subjects: readonly Subject[]; readonly missing: readonly string[]}> => {
	const engine = await site.engine();
	const own: Subject = {name: 'holm', read: readBy(engine.holm, image)};
	if (!await findCommand('docker')) {
		return {subjects: [own], missing: ['docker is not installed']};
	}

	const ours = [own, {name: 'docker against Holm', read: readBy(dockerOf(engine), image)}];
	const peer = await openDocker(site, engine);
	return typeof peer === 'string'
		? {subjects: ours, missing: [peer]}
		: {subjects: [...ours, {name: 'docker against Docker', read: readBy(peer.docker, peer.image)}], missing: []};
};
