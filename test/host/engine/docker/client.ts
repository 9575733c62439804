import path from 'node:path';
import {pathsOf} from '../../../../source/host/store/paths.js';
import {fetchPackages, findProgram} from '../../../debian-packages.js';
import type {LaunchOptions, Result, Running} from '../running.js';
import type {World} from '../world.js';

/** Docker's own client: the host's, or the one that `fetchDocker` downloaded. */
export const findDocker = async (): Promise<string | undefined> => (await findProgram('docker', 'usr/bin/docker'))?.file;

/** Downloads Debian's client; installing the package would start a daemon that changes the host's network. */
export const fetchDocker = async (): Promise<void> => fetchPackages('docker', ['docker.io']);

const program = await findDocker();

/** Why Docker's own client cannot be used; undefined if it can. */
export const missingClient = program === undefined ? 'needs the docker client, which Debian has in docker.io' : undefined;

/** Docker's own client on an engine's socket, with separate settings. */
export type Client = {
	readonly start: (arguments_: readonly string[], options?: LaunchOptions) => Running;
	/** Runs a command to its end. */
	readonly run: (arguments_: readonly string[], options?: LaunchOptions) => Promise<Result>;
	/** Runs a command that must succeed; resolves with its output without the last line feed. */
	readonly docker: (...arguments_: readonly string[]) => Promise<string>;
	/** Starts a command in a pseudo-terminal; the first line names its device. */
	readonly terminal: (command: string) => Running;
};

export const createClient = ({directory, root, start: launch}: World): Client => {
	const environment = {
		DOCKER_CONFIG: path.join(directory, 'docker'), DOCKER_HOST: `unix://${pathsOf(root).socket}`, DOCKER_BUILDKIT: '0', DOCKER_CONTEXT: '',
	};
	const start: Client['start'] = (arguments_, options = {}) => launch(program!, arguments_, {...options, environment: {...environment, ...options.environment}});
	const run: Client['run'] = async (...parameters) => start(...parameters).ended;
	return {
		start,
		run,
		async docker(...arguments_) {
			const {status, stdout, stderr} = await run(arguments_);
			if (status !== 0) {
				throw new Error(`docker ${arguments_.join(' ')}: status ${status}: ${stderr}${stdout}`);
			}

			return stdout.replace(/\n$/v, '');
		},
		terminal: command => launch('script', ['--quiet', '--return', '--command', `tty; stty rows 24 cols 80; exec ${program!} ${command}`, '/dev/null'], {open: true, environment}),
	};
};
