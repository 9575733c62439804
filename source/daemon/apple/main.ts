import {rm} from 'node:fs/promises';
import type {Listening} from '../../api/listeners.js';
import {createApiServer} from '../../api/server.js';
import {openAppleEngine} from '../../backends/apple/engine.js';
import {createLocalTransport} from '../../backends/apple/local.js';
import {asHolmError, messageOf} from '../../engine/errors.js';
import {compileOnMainThread} from '../../engine/exit-deadlock.js';
import {heldStatus} from '../../host/lock.js';
import {tryEventStore} from '../../host/store/event-store.js';
import type {DaemonNews} from '../main.js';
import {serveOn} from '../serve-on.js';
import {takeLock} from './lock.js';
import type {ApplePaths} from './paths.js';

const log = (line: string) => {
	process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

const tell = (news: DaemonNews) => {
	// The starting process may have ended.
	if (process.connected) {
		process.send?.(news, undefined, undefined, () => undefined);
	}
};

/** Serves Docker's API over Apple's container until a signal. Containers continue after it ends. */
const serve = async ({socket, events}: ApplePaths, addresses: readonly Listening[]): Promise<void> => {
	const transport = createLocalTransport();
	const eventStore = await tryEventStore({directory: events, log});
	const engine = await openAppleEngine(transport, {
		eventStore,
		onStep(step) {
			log(`${step.step}: ${step.detail}`);
			tell({step});
		},
		log,
	});
	const server = createApiServer(engine);
	// This process holds the lock, so the process of an old socket has ended.
	await rm(socket, {force: true});
	// Until a new socket's mode is set, only its owner can connect. Directories that are made for mounts get the user's mode.
	const usual = process.umask(0o077);
	const closers = [await serveOn(server, {kind: 'unix', path: socket}, log, {mode: 0o600})];
	process.umask(usual);
	for (const address of addresses) {
		closers.push(await serveOn(server, address, log));
	}

	const {promise: told, resolve} = Promise.withResolvers<NodeJS.Signals>();
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.once(signal, resolve);
	}

	// Ignore the end of the terminal.
	process.on('SIGHUP', () => undefined);
	tell({isReady: true});
	if (process.connected) {
		process.disconnect();
	}

	log(`ending on ${await told}`);
	compileOnMainThread();
	for (const close of closers) {
		close();
	}

	server.closeAllConnections();
	transport.close();
	await eventStore?.flush();
	await rm(socket, {force: true});
};

process.on('unhandledRejection', reason => {
	// A failed request must not end the engine for all containers.
	log(`unhandled: ${reason instanceof Error ? reason.stack : messageOf(reason)}`);
});

let release: (() => Promise<void>) | undefined;
try {
	const paths = JSON.parse(process.argv[2] ?? '{}') as ApplePaths;
	release = await takeLock(paths.lock);
	if (release) {
		await serve(paths, JSON.parse(process.argv[3] ?? '[]') as readonly Listening[]);
		process.exitCode = 0;
	} else {
		process.exitCode = heldStatus;
	}
} catch (error) {
	const {code, message, remedy} = asHolmError(error);
	log(`Error: ${message}${remedy ? ` (${remedy})` : ''}`);
	tell({error: {code, message, remedy}});
	process.exitCode = 1;
} finally {
	await release?.();
}

process.exit();
