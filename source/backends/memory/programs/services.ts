import os from 'node:os';
import type {Invocation, Program} from '../process.js';
import {logGenerators} from '../simulation/log-lines.js';
import {pathIn} from './options.js';

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
const service = (name: keyof typeof logGenerators): Program => async invocation => {
	const ended = waitForEnd(invocation);
	for (const {stream, text} of logGenerators[name].greet(invocation.host.now())) {
		await invocation[stream].write(text);
	}

	return ended;
};

export const redis = service('redis');
export const nginx = service('nginx');
export const postgres = service('postgres');

/** `python FILE`: a web application, as far as its log goes. */
export const python: Program = async (invocation: Invocation) => {
	const {command: [, file], directory, host, stderr} = invocation;
	if (file === undefined || host.files.find(pathIn(directory, file))?.node.type !== 'file') {
		await stderr.write(file === undefined ? 'python: only "python FILE" is in the demo\n' : `python: can't open file '${file}': [Errno 2] No such file or directory\n`);
		return 2;
	}

	return service('flask')(invocation);
};

/** The entry point of many images: runs the command after it in its place. */
export const entrypoint: Program = async invocation => {
	const command = invocation.command.slice(1);
	return command[0] === undefined ? 0 : invocation.host.findProgram(command[0], invocation.directory).run({...invocation, command});
};

/** Batches a second. */
const batches = 50;

/** `flood RATE [TEXT]`: writes RATE lines a second, in batches, until a signal ends it. For measuring what reads logs. */
export const flood: Program = async ({command, host, signal, stdout, stderr, onSignal}) => {
	const rate = Number(command[1] ?? 1000);
	if (!(rate > 0 && rate <= 1e7)) {
		await stderr.write('usage: flood LINES-PER-SECOND [TEXT]\n');
		return 2;
	}

	const text = command[2] ?? 'the quick brown fox jumps over the lazy dog';
	const ending = new AbortController();
	onSignal(SIGTERM, () => {
		ending.abort();
	});
	const over = AbortSignal.any([signal, ending.signal]);
	const startedAt = host.now();
	for (let written = 0; !over.aborted;) {
		const due = Math.floor((host.now() - startedAt) / 1000 * rate);
		// After a clock that jumped or a slow reader, at most one second is written at once.
		const end = Math.min(due, written + Math.ceil(rate));
		let batch = '';
		for (; written < end; written++) {
			batch += `${written} ${text}\n`;
		}

		await stdout.write(batch);
		written = Math.max(written, due);
		await host.sleep(1000 / Math.min(batches, rate), over);
	}

	return 143;
};
