import type {Program} from '../process.js';

/** What the entry points of many images come down to: the command after it runs in its place. */
export const entrypoint: Program = async invocation => {
	const command = invocation.command.slice(1);
	if (command[0] === undefined) {
		return 0;
	}

	if (command[0] === 'nginx') {
		await invocation.stdout.write('/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n/docker-entrypoint.sh: Configuration complete; ready for start up\n');
	}

	return invocation.host.findProgram(command[0], invocation.directory).run({...invocation, command});
};
