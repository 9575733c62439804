import {rm, writeFile} from 'node:fs/promises';
import {listenOnPassed, type Listening} from '../api/listeners.js';
import {refuseWaiting} from '../api/refuse-waiting.js';
import {createApiServer} from '../api/server.js';
import {packageVersion} from '../wire/package-version.js';
import {asHolmError, messageOf} from '../engine/errors.js';
import {compileOnMainThread} from '../engine/exit-deadlock.js';
import {openHostEngine} from '../host/engine/engine.js';
import {closeInherited} from '../host/inherited.js';
import {identify} from '../host/machines/process.js';
import {passedDescriptors} from '../host/service/passed-sockets.js';
import {isHostStopping} from '../host/service/service.js';
import {pathsOf} from '../host/store/paths.js';
import {serveOn} from './serve-on.js';

/** Messages of a daemon to the process that started it, over the IPC channel. */
export type DaemonNews =
	| {readonly step: {readonly step: string; readonly detail: string}}
	| {readonly isReady: true}
	| {readonly error: {readonly code: string; readonly message: string; readonly remedy?: string}};

/** The journal adds the time to every line. */
const isInJournal = process.env.JOURNAL_STREAM !== undefined;

const log = (line: string) => {
	process.stdout.write(isInJournal ? `${line}\n` : `${new Date().toISOString()} ${line}\n`);
};

/** Takes the sockets that systemd passed. The variables are removed, so that child processes do not use them. */
const takeDescriptors = (): readonly number[] => {
	const descriptors = passedDescriptors(process.env);
	delete process.env.LISTEN_PID;
	delete process.env.LISTEN_FDS;
	delete process.env.LISTEN_FDNAMES;
	return descriptors;
};

const tell = (news: DaemonNews) => {
	// The starting process may have ended.
	if (process.connected) {
		process.send?.(news, undefined, undefined, () => undefined);
	}
};

/**
The engine's daemon: opens the engine in a directory and serves Docker's API on its socket until a signal. Containers continue after it ends.
*/
const serve = async (root: string, addresses: readonly Listening[], descriptors: readonly number[]): Promise<void> => {
	const paths = pathsOf(root);
	// Until a new socket's mode is set, only its owner can connect.
	process.umask(0o022);
	const engine = await openHostEngine(root, {
		version: packageVersion(),
		log,
		onStep(step) {
			log(`${step.step}: ${step.detail}`);
			tell({step});
		},
	});
	const server = createApiServer(engine);
	// This process holds the lock, so the process of an old socket has ended.
	await rm(paths.socket, {force: true});
	const closers: Array<() => void> = [];
	const listening: readonly Listening[] = [{kind: 'unix', path: paths.socket}, ...addresses];
	for (const address of listening) {
		closers.push(await serveOn(server, address, log));
	}

	// Handle signals before the process id is written.
	const {promise: told, resolve} = Promise.withResolvers<NodeJS.Signals>();
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.once(signal, resolve);
	}

	// Ignore the end of the terminal.
	process.on('SIGHUP', () => undefined);
	// SIGUSR2 also stops all containers, and SIGPWR kills them.
	process.once('SIGUSR2', resolve);
	process.once('SIGPWR', resolve);

	await writeFile(paths.daemonPid, JSON.stringify(await identify(process.pid)), {mode: 0o600});
	// Clients may already wait at these.
	for (const descriptor of descriptors) {
		closers.push(await listenOnPassed(server, descriptor));
		log(`serving the socket that was passed as descriptor ${descriptor}`);
	}

	tell({isReady: true});
	if (process.connected) {
		process.disconnect();
	}

	const signal = await told;
	log(`ending on ${signal}`);
	compileOnMainThread();
	for (const close of closers) {
		close();
	}

	server.closeAllConnections();
	if (signal === 'SIGUSR2' || signal === 'SIGPWR') {
		await engine.shutDown({isForced: signal === 'SIGPWR'});
	} else {
		await (await isHostStopping() ? engine.closeForShutdown() : engine.close());
	}

	await rm(paths.socket, {force: true});
	await rm(paths.daemonPid, {force: true});
};

process.on('unhandledRejection', reason => {
	// A failed request must not end the engine for all machines.
	log(`unhandled: ${reason instanceof Error ? reason.stack : messageOf(reason)}`);
});

const descriptors = takeDescriptors();
try {
	closeInherited();
	await serve(process.argv[2] ?? '', JSON.parse(process.argv[3] ?? '[]') as readonly Listening[], descriptors);
	process.exitCode = 0;
} catch (error) {
	const {code, message, remedy} = asHolmError(error);
	log(`Error: ${message}${remedy ? ` (${remedy})` : ''}`);
	tell({error: {code, message, remedy}});
	await refuseWaiting(descriptors, error);
	process.exitCode = 1;
}

process.exit();
