import {rm, writeFile} from 'node:fs/promises';
import process from 'node:process';
import {
	insecurity,
	listenOn,
	listenOnPassed,
	type Listening,
} from '../api/listeners.js';
import {refuseWaiting} from '../api/refuse-waiting.js';
import {createApiServer} from '../api/server.js';
import {describeAddress} from '../wire/addresses.js';
import {packageVersion} from '../wire/package-version.js';
import {asHolmError, messageOf} from '../engine/errors.js';
import {openHostEngine} from '../host/engine/engine.js';
import {closeInherited} from '../host/inherited.js';
import {identify} from '../host/machines/process.js';
import {passedDescriptors} from '../host/service/passed-sockets.js';
import {isHostStopping} from '../host/service/service.js';
import {pathsOf} from '../host/store/paths.js';

/** What a daemon tells whoever started it, one line of JSON each, over the channel between them. */
export type DaemonNews =
	| {readonly step: {readonly step: string; readonly detail: string}}
	| {readonly isReady: true}
	| {readonly error: {readonly code: string; readonly message: string; readonly remedy?: string}};

/** The journal has the time of every line. */
const isInJournal = process.env.JOURNAL_STREAM !== undefined;

const log = (line: string) => {
	process.stdout.write(isInJournal ? `${line}\n` : `${new Date().toISOString()} ${line}\n`);
};

/** Sockets that systemd has made. What this process starts is not to take them for its own. */
const takeDescriptors = (): readonly number[] => {
	const descriptors = passedDescriptors(process.env);
	delete process.env.LISTEN_PID;
	delete process.env.LISTEN_FDS;
	delete process.env.LISTEN_FDNAMES;
	return descriptors;
};

const tell = (news: DaemonNews) => {
	// Whoever started it may be gone already.
	if (process.connected) {
		process.send?.(news, undefined, undefined, () => undefined);
	}
};

/**
The engine's daemon: opens the engine in a directory and serves Docker's API on its socket until it is told to end, and leaves everything running that runs.
*/
const serve = async (root: string, addresses: readonly Listening[], descriptors: readonly number[]): Promise<void> => {
	const paths = pathsOf(root);
	// Only the owner can write to a socket that was just made, and so connect to it, until its mode is set.
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
	// The lock is held, so whoever made this socket is gone.
	await rm(paths.socket, {force: true});
	const closers: Array<() => void> = [];
	const listening: readonly Listening[] = [{kind: 'unix', path: paths.socket}, ...addresses];
	for (const address of listening) {
		closers.push(await listenOn(server, address));
		log(`serving ${describeAddress(address)} as process ${process.pid}`);
		if (address.kind === 'tcp' && !address.tls) {
			log(`warning: ${insecurity(address)}`);
		}
	}

	// Whoever learns of the process may tell it to end at once.
	const {promise: told, resolve} = Promise.withResolvers<NodeJS.Signals>();
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.once(signal, resolve);
	}

	// A terminal that closes is no reason to end.
	process.on('SIGHUP', () => undefined);
	// SIGUSR2 asks that everything that runs is stopped, too, and SIGPWR that it is killed.
	process.once('SIGUSR2', resolve);
	process.once('SIGPWR', resolve);

	await writeFile(paths.daemonPid, JSON.stringify(await identify(process.pid)), {mode: 0o600});
	// At these, clients wait since before this process was there.
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
	// One request that went wrong is no reason to leave all machines without an engine.
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
