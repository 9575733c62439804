import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import type {Readable} from 'node:stream';
import {HolmError} from '../../engine/errors.js';
import {escapeControls} from '../../text/escape.js';
import type {RemoteProcess} from '../ssh/command-channel.js';
import type {Link} from '../ssh/link.js';
import {createChannels, type Place} from './channels.js';
import {absentMark, quoteCommand, startMark} from './quote-command.js';
import type {Execution, Transport} from './transport.js';

export type RemoteOptions = {
	/** For messages: `ssh://build@mac`. */
	readonly name: string;
	/** The connection that is shared, opened again if it was lost. */
	readonly link: () => Promise<Link>;
	/** A further connection. */
	readonly another: () => Promise<Link>;
	/** Milliseconds until a command must have begun, and that it may wait for a channel; default 15 and 60 seconds. */
	readonly limits?: {readonly startMs?: number; readonly waitMs?: number};
};

const defaultStartMs = 15_000;

/** Bytes that a login shell may print before the command. */
const longestGreeting = 64 * 1024;

/** Bytes of standard error that are kept for a message. */
const longestComplaint = 2000;

const marks = new RegExp(`(?:${absentMark}|${startMark}(?<pid>\\d{1,10}))\\r?\\n`, 'v');

type Start = {readonly kind: 'started'; readonly pid: string} | {readonly kind: 'absent'} | {readonly kind: 'none'; readonly said: string};

/** Takes what a shell prints before the command from its output; the rest stays. */
const readStart = async (stdout: Readable): Promise<Start> => {
	let head = '';
	for await (const chunk of stdout.iterator({destroyOnReturn: false})) {
		// One letter a byte: the mark may be cut anywhere.
		head += Buffer.from(chunk as Uint8Array).toString('latin1');
		const found = marks.exec(head);
		if (found) {
			const rest = Buffer.from(head.slice(found.index + found[0].length), 'latin1');
			if (rest.length > 0) {
				stdout.unshift(rest);
			}

			return found.groups!.pid === undefined ? {kind: 'absent'} : {kind: 'started', pid: found.groups!.pid};
		}

		if (head.length > longestGreeting) {
			break;
		}
	}

	return {kind: 'none', said: head};
};

/** Ends or signals what the command has started, too: its group is its own. */
const killScript = 'kill -s "$1" -- "-$2" 2>/dev/null || kill -s "$1" "$2"';

/** A program of another host by channels of SSH. */
export const createRemoteTransport = ({name, link, another, limits = {}}: RemoteOptions): Transport => {
	const {startMs = defaultStartMs, waitMs} = limits;
	const listeners = new Set<(error: HolmError) => void>();
	const channels = createChannels({name, link, another, waitMs, onLost(error) {
		for (const listener of listeners) {
			listener(error);
		}
	}});
	const going = new Set<{readonly kill: () => Promise<void>}>();
	let isClosed = false;

	const begin = async (argv: readonly string[], process: RemoteProcess): Promise<string> => {
		let complaint = '';
		const onComplaint = (chunk: Uint8Array) => {
			complaint = (complaint + Buffer.from(chunk).toString()).slice(-longestComplaint);
		};

		const {promise: late, reject} = Promise.withResolvers<never>();
		const timer = setTimeout(() => {
			reject(new HolmError('unavailable', `${name} did not begin a command within ${startMs / 1000} seconds`, {remedy: 'check how busy that host is, and what its login shell waits for'}));
		}, startMs);
		try {
			const start = await Promise.race([readStart(process.stdout), late]);
			if (start.kind === 'started') {
				return start.pid;
			}

			if (start.kind === 'absent') {
				throw new HolmError('unavailable', `cannot run ${JSON.stringify(argv[0])} on ${name}: there is no such program`, {remedy: 'install it there, or make it executable'});
			}

			process.stderr.on('data', onComplaint);
			if (start.said.length <= longestGreeting) {
				// A lost connection has an error of its own, which is the reason of these streams' end.
				await Promise.race([once(process.stderr, 'end'), late]);
				await Promise.race([process.ended, late]);
			}

			const said = escapeControls((complaint.trim() || start.said.trim()).slice(0, 200));
			throw new HolmError('unavailable', `${name} runs no commands${said === '' ? '' : `: it says ${JSON.stringify(said)}`}`, {remedy: 'give that user a login shell: sh, bash, zsh, dash or fish'});
		} catch (error) {
			process.close();
			throw error;
		} finally {
			clearTimeout(timer);
			process.stderr.off('data', onComplaint);
		}
	};

	const kill = async ({aside}: Place, signal: string, pid: string): Promise<void> => {
		try {
			await aside(quoteCommand(['/bin/sh', '-c', killScript, 'sh', signal.replace(/^SIG/v, ''), pid]).line);
		} catch {
			// It is gone with the connection.
		}
	};

	return {
		name,
		isRemote: true,
		roundTripMs: channels.roundTripMs,
		onLost(listener) {
			listeners.add(listener);
		},
		async execute(argv, {terminal, environment, isShort = false} = {}): Promise<Execution> {
			const {line, input} = quoteCommand(argv, {environment});
			if (isClosed) {
				throw new HolmError('unavailable', `the connection to ${name} was closed`, {remedy: 'open it again'});
			}

			const place = await channels.take({isShort, line, terminal, limitMs: startMs});
			const {process} = place;
			if (input !== '') {
				process.stdin.write(input);
			}

			const pid = await begin(argv, process);
			let hasEnded = false;
			const {stdin, stdout, stderr, resize, unref, ended} = process;
			const execution = {
				async kill() {
					await (hasEnded ? undefined : kill(place, 'SIGKILL', pid));
				},
			};
			going.add(execution);
			const forget = () => {
				hasEnded = true;
				going.delete(execution);
			};

			ended.then(forget, forget);
			return {
				stdin,
				stdout,
				stderr,
				ended,
				resize,
				signal(signal) {
					if (!hasEnded) {
						void kill(place, signal, pid);
					}
				},
				release() {
					going.delete(execution);
					unref();
				},
			};
		},
		close() {
			isClosed = true;
			const end = async () => {
				await Promise.all([...going].map(async execution => execution.kill()));
				channels.close();
			};

			void end();
		},
	};
};
