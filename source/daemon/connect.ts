import process from 'node:process';
import type {Engine} from '../engine/engine.js';
import {defaultRoot} from '../host/store/paths.js';
import {HolmError} from '../engine/errors.js';
import {createDockerEngine} from '../backends/docker/engine.js';
import {resolveHost} from '../backends/hosts/resolve.js';
import type {Environment} from '../backends/hosts/which-engine.js';
import {forbiddenSocket, probeSocket, socketOf} from './local-engine.js';
import {startDaemon} from './start.js';

export type ConnectOptions = {
	/** Directory of the engine of this host; default its usual one. */
	readonly root?: string;
	/** Another engine: an address, of which one behind SSH is logged in to at once, `context://NAME`, `docker` for the one that Docker's command line would take, or `own` for this host's whatever HOLM_HOST says. */
	readonly host?: string;
	/** Where HOLM_HOST and the variables of Docker are looked up; default the process's. */
	readonly environment?: Environment;
	/** The engine of this host is started where it does not run; default true. Otherwise that is `unavailable`. */
	readonly canStart?: boolean;
	/** Asks the user for the passphrase of a key, without echo; default nobody is asked. Resolves with undefined where there is no answer. */
	readonly ask?: (question: string) => Promise<string | undefined>;
	/** Hears of what a first start takes time for. */
	readonly onStep?: (step: {readonly step: string; readonly detail: string}) => void;
};

/** The engine that is meant: the one that `host` or HOLM_HOST names, or this host's own, started if it does not run. */
export const connect = async (options: ConnectOptions = {}): Promise<Engine> => {
	const {root = defaultRoot, host, environment = process.env, canStart = true, ask, onStep} = options;
	const address = await resolveHost(host, environment);
	if (address?.kind === 'ssh') {
		const {dialerFor} = await import('../backends/ssh/dial.js');
		const {reach, dial} = dialerFor(address, {environment, ask});
		await reach();
		return createDockerEngine({...address, dial});
	}

	if (address) {
		return createDockerEngine(address);
	}

	let socket = await socketOf(root);
	const state = await probeSocket(socket);
	if (state === 'forbidden') {
		throw await forbiddenSocket(socket);
	}

	if (state === 'absent') {
		if (!canStart) {
			throw new HolmError('unavailable', `the engine in ${root} is not running`, {remedy: 'holm system start starts it'});
		}

		await startDaemon({root, onStep});
		socket = await socketOf(root);
	}

	return createDockerEngine({kind: 'unix', path: socket});
};
