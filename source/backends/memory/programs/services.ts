import os from 'node:os';
import type {Program} from '../process.js';
import {logGenerators, type LogName} from '../simulation/log-lines.js';
import {refuse} from './options.js';

const {SIGINT, SIGQUIT, SIGTERM} = os.constants.signals;

/** A service that does nothing until a signal stops it. */
export const waitForEnd: Program = async ({onSignal}) => {
	const {promise, resolve} = Promise.withResolvers<number>();
	for (const signal of [SIGTERM, SIGINT, SIGQUIT]) {
		onSignal(signal, () => {
			resolve(0);
		});
	}

	return promise;
};

/** A service that writes the first lines of its log and waits for its end. */
export const service = (name: LogName): Program => async invocation => {
	const ended = waitForEnd(invocation);
	for (const {stream, text} of logGenerators[name].greet(invocation.host.now())) {
		await invocation[stream].write(text);
	}

	return ended;
};

/** `python FILE`: a web application, as far as its log goes. */
export const python: Program = async invocation =>
	invocation.command.length > 1 ? service('flask')(invocation) : refuse(invocation, 'python FILE');

/** The entry point of many images: runs the command after it in its place. */
export const entrypoint: Program = async invocation => {
	const command = invocation.command.slice(1);
	return command[0] === undefined ? 0 : invocation.host.findProgram(command[0], invocation.directory).run({...invocation, command});
};

/** Batches a second. */
const batches = 50;

/** `flood RATE`: writes that many numbered lines a second until it is killed. For measuring what reads logs. */
export const flood: Program = async invocation => {
	const {command: [, rate], host, signal, stdout} = invocation;
	if (!(Number(rate) > 0)) {
		return refuse(invocation, 'flood RATE');
	}

	const startedAt = host.now();
	for (let written = 0; !signal.aborted;) {
		const due = Math.floor((host.now() - startedAt) / 1000 * Number(rate));
		// After a clock that jumped or a slow reader, at most one second is written at once.
		const length = Math.min(due - written, Number(rate));
		const first = written;
		await stdout.write(Array.from({length}, (_, index) => `${first + index} the quick brown fox jumps over the lazy dog\n`).join(''));
		written = due;
		await host.sleep(1000 / batches, signal);
	}

	return 0;
};
