import path from 'node:path';
import type {Engine} from '../engine.js';
import {defaultRoot, pathsOf} from '../host/store/paths.js';
import {HolmError} from '../errors.js';
import {probeSocket, startDaemon} from './daemon.js';
import {createDockerEngine, parseAddress} from './docker.js';

export type ConnectOptions = {
	/** Directory of the engine of this host; default its usual one. */
	readonly root?: string;
	/** Address of another engine. */
	readonly host?: string;
	/** The engine of this host is started where it does not run; default true. Otherwise that is `unavailable`. */
	readonly canStart?: boolean;
	/** Hears of what a first start takes time for. */
	readonly onStep?: (step: {readonly step: string; readonly detail: string}) => void;
};

/** The engine that is meant: the one at `host`, or this host's own, started if it does not run. */
export const connect = async ({root = defaultRoot, host, canStart = true, onStep}: ConnectOptions = {}): Promise<Engine> => {
	if (host !== undefined) {
		return createDockerEngine(parseAddress(host));
	}

	const {socket} = pathsOf(path.resolve(root));
	if (await probeSocket(socket) !== 'listening') {
		if (!canStart) {
			throw new HolmError('unavailable', `the engine in ${root} is not running`, {remedy: 'holm system start starts it'});
		}

		await startDaemon({root, onStep});
	}

	return createDockerEngine({kind: 'unix', path: socket});
};
