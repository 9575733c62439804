import {PassThrough, type Readable} from 'node:stream';
import {asHolmError, HolmError, type ErrorCode} from '../../engine/errors.js';
import {quote} from '../../text/escape.js';
import {complaintOf, type Agent} from '../machines/ssh/agent.js';
import {guestPaths} from '../containers/bundle.js';
import {endLimitMs, willEndWithin} from '../machines/patience.js';
import {watchSilence} from '../machines/silence.js';
import {
	isLive,
	machineOf,
	type Entry,
} from './context.js';
import {assertAllowed} from './phases.js';
import type {HelperMachines} from './helper-machines.js';

/** Access to the files of a container: commands that begin with `prefix` run in its root. */
export type Files = {readonly agent: Agent; readonly prefix: string; /** Its process does not run. */ readonly isStopped?: boolean};

const runningPrefix = 'chroot /proc/"$(cat /run/holm/pid)"/root /dev/.holm/busybox';

/** Uses the files. May go on after it has resolved, until `until` resolves. */
type Use<Result> = (files: Files) => Promise<{readonly result: Result; readonly until?: Promise<void>}>;

/** Runs `use` with access to the files of a container. */
export type WithFiles = <Result>(entry: Entry, use: Use<Result>) => Promise<Result>;

/** Undefined if the container does not run. */
const filesOfRunning = (entry: Entry): Files | undefined => {
	const machine = machineOf(entry);
	if (!isLive(entry) || !machine) {
		return undefined;
	}

	assertAllowed('use', entry);
	return {agent: machine.agent, prefix: runningPrefix};
};

/** Codes of the errors that a guest's end may have caused. */
const codesOfEnd: ReadonlySet<ErrorCode> = new Set(['internal', 'conflict']);

/** Resolves with undefined if the container does not run, or ended meanwhile. If the VM has stalled meanwhile, that is the error. */
const useRunning = async <Result>(entry: Entry, use: Use<Result>): Promise<{readonly result: Result} | undefined> => {
	const files = filesOfRunning(entry);
	const machine = machineOf(entry);
	if (!files || !machine) {
		return undefined;
	}

	try {
		const {result} = await use(files);
		return {result};
	} catch (error) {
		if (machine.isOutOfSpace()) {
			assertAllowed('use', entry);
		}

		if (codesOfEnd.has(asHolmError(error).code) && await willEndWithin(machine.ended, endLimitMs)) {
			return undefined;
		}

		throw error;
	}
};

/** Accesses a running container through its guest, a stopped one through a helper machine with its disk. If the container ends meanwhile, `use` runs again. */
export const createWithFiles = (helpers: HelperMachines): WithFiles => async <Result>(entry: Entry, use: Use<Result>) => {
	const done = await useRunning(entry, use);
	if (done) {
		return done.result;
	}

	const {promise, resolve, reject} = Promise.withResolvers<Result>();
	const work = entry.queue(async () => {
		// It may have started while this was queued, and only one VM can have its disk.
		const running = await useRunning(entry, use);
		if (running) {
			resolve(running.result);
			return;
		}

		const files = await helpers.open(entry);
		try {
			const {result, until} = await use({...files, isStopped: true});
			resolve(result);
			await until;
		} finally {
			helpers.release(entry);
		}
	});
	work.catch(reject);
	return promise;
};

/** A guest command whose working directory is the container's disk without any mounts. Its mount namespace goes away with it. */
export const onPlainDisk = (command: string): string => `exec unshare -m sh -c ${quote(`mount --bind ${guestPaths.rootfs} /tmp && cd /tmp && ${command}`)}`;

/** GNU tar of NUL-terminated paths from standard input, with all metadata. `options` come first, so they apply to all paths. */
export const packCommand = (options: string): string => `tar.gnu -c ${options} --null -T - --numeric-owner --format=posix --pax-option=delete=atime,delete=ctime --xattrs --xattrs-include="*"`;

/** GNU tar's exit status when files changed or vanished while it read them. */
export const changedWhileRead = 1;

/** The output of a guest command as a stream; destroying the stream ends the command. `what` names it in errors; `accept` lists exit statuses beside 0 that are not errors. */
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
			output.destroy(new HolmError('internal', `${what} was interrupted: ${silence ?? (complaint() || 'the container has ended')}`));
		}
	});
	channel.pipe(output, {end: false});
	output.on('close', () => {
		if (!isOver) {
			abandon();
			// Its end is only seen after its remaining output is read.
			channel.resume();
		}
	});
	return output;
};

/** Resolves when a stream has closed, for whatever reason. */
export const through = async (stream: Readable) => new Promise<void>(resolve => {
	stream.once('close', resolve);
});
