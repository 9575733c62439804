import {execFileSync} from 'node:child_process';
import path from 'node:path';
import {pathsOf} from '../../../../source/host/store/paths.js';
import {createLauncher, type LaunchOptions, type Result, type Running} from '../running.js';
import type {World} from '../world.js';

/** Why Docker's own client cannot be driven; undefined when it can. */
export const missingClient: string | undefined = (() => {
	try {
		execFileSync('docker', ['--version'], {stdio: 'ignore'});
		return undefined;
	} catch {
		return 'needs the docker client: Debian has it in docker.io, docker-cli in later versions';
	}
})();

/** Docker's own client, against an engine's socket, with settings of its own. */
export type Client = {
	readonly start: (arguments_: readonly string[], options?: LaunchOptions) => Running;
	/** To its end. */
	readonly run: (arguments_: readonly string[], options?: LaunchOptions) => Promise<Result>;
	/** A command that must succeed: what it prints, without the last line feed. */
	readonly docker: (...arguments_: readonly string[]) => Promise<string>;
	/** In a pseudo-terminal, whose device the first line names. */
	readonly terminal: (command: string) => Running;
};

export const createClient = ({directory, root}: World): Client => {
	const {start: launch} = createLauncher({
		directory,
		environment: {
			HOME: directory, DOCKER_CONFIG: path.join(directory, 'docker'), DOCKER_HOST: `unix://${pathsOf(root).socket}`, DOCKER_BUILDKIT: '0', DOCKER_CONTEXT: '',
		},
	});
	const start: Client['start'] = (arguments_, options = {}) => launch('docker', arguments_, options);
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
		terminal: command => launch('script', ['--quiet', '--return', '--command', `tty; stty rows 24 cols 80; exec docker ${command}`, '/dev/null'], {open: true}),
	};
};
