import {HolmError} from '../../../engine/errors.js';
import {escapeControls, quote} from '../../../text/escape.js';
import type {Listening} from '../../../api/listeners.js';
import {applePaths, type ApplePaths} from '../../../daemon/apple/paths.js';
import {print, printError, type Context} from '../../command.js';

/** The files of the user's daemon over Apple's container. */
export const pathsFor = ({environment, root}: Context): ApplePaths => applePaths({environment, root});

/** The two lines that direct Docker's programs to a socket: a context for `docker` and Compose, variables for the others, such as Testcontainers. */
export const linesFor = (socket: string): readonly string[] => [
	`docker context create holm --docker ${quote(`host=unix://${socket}`)} && docker context use holm`,
	`export DOCKER_HOST=${quote(`unix://${socket}`)} TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE=${quote(socket)}`,
];

export const start = async (context: Context, addresses: readonly Listening[]): Promise<void> => {
	const {startAppleDaemon} = await import('../../../daemon/apple/start.js');
	const paths = pathsFor(context);
	const outcome = await startAppleDaemon({
		paths,
		environment: context.environment,
		addresses,
		onStep({step, detail}) {
			printError(context, escapeControls(`${step}: ${detail}`));
		},
	});
	print(context, `The engine is running${outcome === 'running' ? ' already' : ''}, over Apple's container. Docker's programs use it with one of these:`);
	for (const line of linesFor(paths.socket)) {
		print(context, line);
	}
};

export const stop = async (context: Context, {all}: {readonly all: boolean}): Promise<void> => {
	if (all) {
		throw new HolmError('unsupported', '--all is for Holm\'s own machines, and Apple\'s container goes on without the daemon', {
			remedy: 'stop the containers first: holm stop $(holm ps -q)',
		});
	}

	const {stopAppleDaemon} = await import('../../../daemon/apple/start.js');
	const outcome = await stopAppleDaemon(pathsFor(context));
	print(context, outcome === 'stopped' ? 'The engine is stopped. Its containers go on.' : 'The engine is not running.');
};

export const status = async (context: Context): Promise<number> => {
	const {appleDaemonStatus} = await import('../../../daemon/apple/start.js');
	const paths = pathsFor(context);
	const {running, pid} = await appleDaemonStatus(paths);
	print(context, escapeControls(running
		? `The engine is running${pid === undefined ? '' : ` with process id ${pid}`} over Apple's container, socket ${paths.socket}.`
		: `The engine is not running: no daemon serves ${paths.socket}, and each command uses Apple's container by itself.`));
	// As in `systemctl status` (LSB: program is not running).
	return running ? 0 : 3;
};
