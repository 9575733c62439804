import path from 'node:path';
import {findCommand} from '../source/host/setup/programs.js';
import {run, type RunResult} from '../source/host/run.js';
import {startDockerDaemon} from '../test/docker/daemon.js';
import {image, type BenchEngine} from './bench-engine.js';
import type {Site, Subject} from './measurement.js';

export type Docker = {
	readonly docker: (...arguments_: readonly string[]) => Promise<RunResult>;
	/** Address of its daemon; undefined for the one that clients use by themselves. */
	readonly address?: string;
	/** The engine's image in Docker, removed afterwards. */
	readonly image: string;
};

/** Address of a daemon started for the benchmark; undefined if the host's own runs. */
const findHost = async ({stack}: Site): Promise<string | undefined> => {
	try {
		await run('docker', ['version']);
		return undefined;
	} catch {
		const {socket, close} = await startDockerDaemon();
		stack.defer(close);
		return `unix://${socket}`;
	}
};

/** Docker if its daemon runs; otherwise the reason why not. */
export const openDocker = async (site: Site, {context}: BenchEngine): Promise<Docker | string> => {
	const {stack, directory} = site;
	let address: string | undefined;
	try {
		address = await findHost(site);
	} catch (error) {
		return `Docker: ${(error as Error).message}`;
	}

	const host = address === undefined ? [] : ['--host', address];
	const docker = async (...arguments_: readonly string[]) => run('docker', [...host, ...arguments_]);

	const tag = `holm-${image}`;
	const archive = path.join(await directory(), 'image.tar');
	// Not with a build: older clients and newer daemons are incompatible.
	await run('tar', ['--create', '--file', archive, '--directory', context, 'bin']);
	await docker('import', archive, tag);
	stack.defer(async () => {
		await docker('rmi', tag);
	});
	return {docker, address, image: tag};
};

/** `docker …` against an engine of ours. */
export const dockerOf = ({paths}: BenchEngine) => async (...arguments_: readonly string[]): Promise<RunResult> => run('docker', ['--host', `unix://${paths.socket}`, ...arguments_]);

/** The subjects `holm`, `docker` against Holm and `docker` against Docker, as far as they are installed. */
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
