import {PassThrough, type Readable} from 'node:stream';
import {HolmError} from '../../engine/errors.js';
import {quote} from '../../text/escape.js';
import {complaintOf, type Agent} from '../machines/ssh/agent.js';
import {guestPaths} from '../containers/bundle.js';
import {watchSilence} from '../machines/silence.js';
import {
	isLive,
	machineOf,
	type Entry,
} from './context.js';
import {assertAllowed} from './phases.js';
import type {HelperMachines} from './helper-machines.js';

/** A way to the files of a container: commands that begin with `prefix` see its root as theirs. */
export type Files = {readonly agent: Agent; readonly prefix: string};

const runningPrefix = 'chroot /proc/"$(cat /run/holm/pid)"/root /dev/.holm/busybox';

/** Work with files. It may go on after it has resolved, for as long as `until` takes. */
type Use<Result> = (files: Files) => Promise<{readonly result: Result; readonly until?: Promise<void>}>;

/** Reaches the files of a container. */
export type WithFiles = <Result>(entry: Entry, use: Use<Result>) => Promise<Result>;

/** Undefined for one that does not run. */
const filesOfRunning = (entry: Entry): Files | undefined => {
	const machine = machineOf(entry);
	if (!isLive(entry) || !machine) {
		return undefined;
	}

	assertAllowed('use', entry);
	return {agent: machine.agent, prefix: runningPrefix};
};

/** A machine that came to a stand meanwhile says more than that it does not answer. */
const useRunning = async <Result>(entry: Entry, files: Files, use: Use<Result>): Promise<Result> => {
	try {
		const {result} = await use(files);
		return result;
	} catch (error) {
		if (machineOf(entry)?.isOutOfSpace()) {
			assertAllowed('use', entry);
		}

		throw error;
	}
};

/** The files of a running container through its own guest, those of another one through a helper machine that has its disk. */
export const createWithFiles = (helpers: HelperMachines): WithFiles => async <Result>(entry: Entry, use: Use<Result>) => {
	const own = filesOfRunning(entry);
	if (own) {
		return useRunning(entry, own, use);
	}

	const {promise, resolve, reject} = Promise.withResolvers<Result>();
	const work = entry.queue(async () => {
		// It may have been started before this had its turn, and its disk can be that of one machine only.
		const running = filesOfRunning(entry);
		if (running) {
			resolve(await useRunning(entry, running, use));
			return;
		}

		const files = await helpers.open(entry);
		try {
			const {result, until} = await use(files);
			resolve(result);
			await until;
		} finally {
			helpers.rest(entry);
		}
	});
	work.catch(reject);
	return promise;
};

/** A command of the guest that sees a container's disk, with nothing mounted in it, as its working directory. What it takes for that goes with it, however it ends. */
export const onPlainDisk = (command: string): string => `exec unshare -m sh -c ${quote(`mount --bind ${guestPaths.rootfs} /tmp && cd /tmp && ${command}`)}`;

/** GNU tar of the paths that it is given with a zero byte behind each, with all that a file system of Linux knows of them. The further options hold for all of them, because they come before. */
export const packCommand = (options: string): string => `tar.gnu -c ${options} --null -T - --numeric-owner --format=posix --pax-option=delete=atime,delete=ctime --xattrs --xattrs-include="*"`;

/** GNU tar's own exit status for having met files that changed or were gone. */
export const changedWhileRead = 1;

/** What a command of a guest writes, as it comes. Destroying it ends the command. `what` is for errors; `accept` are further exit statuses of a command that did what it could. */
export const openOutput = async (
	agent: Agent,
	command: string,
	what: string,
	{accept = [], input}: {readonly accept?: readonly number[]; readonly input?: Uint8Array} = {},
): Promise<Readable> => {
	const {channel, status, abandon} = await agent.open(command);
	const output = new PassThrough();
	const complaint = complaintOf(channel);
	let isOver = false;
	let readBytes = 0;
	let silence: string | undefined;
	channel.on('data', (chunk: Uint8Array) => {
		readBytes += chunk.length;
	});
	const stopWatching = watchSilence({
		progress: () => readBytes,
		isGuestsTurn: () => !output.writableNeedDrain,
		onSilence(limitMs) {
			silence = `the guest said nothing for ${limitMs / 1000} seconds`;
			abandon();
		},
	});
	channel.end(input);
	channel.on('error', () => undefined);
	void status.then(code => {
		isOver = true;
		stopWatching();
		if (code === 0 || (code !== undefined && accept.includes(code))) {
			output.end();
		} else {
			output.destroy(new HolmError('internal', `${what} broke off: ${silence ?? (complaint() || 'the container has ended')}`));
		}
	});
	channel.pipe(output, {end: false});
	output.on('close', () => {
		if (!isOver) {
			abandon();
			// Its end comes after what it still holds.
			channel.resume();
		}
	});
	return output;
};

/** Resolves when a stream is through, whoever ended it. */
export const through = async (stream: Readable) => new Promise<void>(resolve => {
	stream.once('close', resolve);
});
