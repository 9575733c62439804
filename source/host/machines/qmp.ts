import {createInterface} from 'node:readline';
import {HolmError} from '../../engine/errors.js';
import {within} from './patience.js';
import {connectOwn} from './run-directory.js';

export type QmpEvent = {readonly name: string; readonly data: Readonly<Record<string, unknown>>};

/** A connection to the monitor of one QEMU process. */
export type Qmp = {
	/** Runs one command. Throws `internal` with QEMU's message, or if the connection ends before the answer, and `unavailable` if there is no answer within half a minute. */
	execute: (command: string, arguments_?: Readonly<Record<string, unknown>>) => Promise<unknown>;
	/** Calls `listener` for each event until the connection ends. Returns a function that removes the listener. */
	onEvent: (listener: (event: QmpEvent) => void) => () => void;
	/** Resolves when the connection has ended, which means that QEMU has. */
	readonly closed: Promise<void>;
	close: () => void;
};

type Message = {
	readonly QMP?: unknown;
	readonly return?: unknown;
	readonly error?: {readonly desc: string};
	readonly event?: string;
	readonly data?: Readonly<Record<string, unknown>>;
	readonly id?: number;
};

const lineFeed = 10;

/** Far more than any answer needs. */
const maximumLine = 1024 * 1024;

/** QEMU answers at once, unless it or the host's disk hangs. */
const answerLimitMs = 30_000;

const parseMessage = (line: string): Message | undefined => {
	try {
		const message: unknown = JSON.parse(line);
		return typeof message === 'object' && message !== null ? message : undefined;
	} catch {
		return undefined;
	}
};

/**
Connects to a monitor and leaves capabilities negotiation (QEMU's QMP specification, section 4).

Throws the error of `connect` if nothing listens on `socketPath`, and `internal` if the monitor does not answer before `signal` aborts, because it serves another client, for example.
*/
export const connectQmp = async (socketPath: string, signal?: AbortSignal): Promise<Qmp> => {
	const socket = connectOwn(socketPath);
	const pending = new Map<number, PromiseWithResolvers<unknown>>();
	const listeners = new Set<(event: QmpEvent) => void>();
	const closed = Promise.withResolvers<void>();
	const greeting = Promise.withResolvers<void>();
	let lastId = 0;

	socket.on('error', error => {
		greeting.reject(error);
	});
	socket.on('close', () => {
		const error = new HolmError('internal', 'the machine ended before it answered');
		greeting.reject(error);
		for (const {reject} of pending.values()) {
			reject(error);
		}

		pending.clear();
		closed.resolve();
	});
	let unended = 0;
	socket.on('data', (chunk: Uint8Array) => {
		const end = chunk.lastIndexOf(lineFeed);
		unended = end === -1 ? unended + chunk.length : chunk.length - end - 1;
		if (unended > maximumLine) {
			socket.destroy();
		}
	});
	const lines = createInterface(socket);
	// The interface repeats the socket's error, which is handled above.
	lines.on('error', () => undefined);
	lines.on('line', line => {
		const message = parseMessage(line);
		if (!message) {
			// QEMU does not send this, so the peer is not QEMU.
			socket.destroy();
			return;
		}

		if (message.event !== undefined) {
			for (const listener of listeners) {
				listener({name: message.event, data: message.data ?? {}});
			}
		} else if (message.QMP !== undefined) {
			greeting.resolve();
		} else if (message.id !== undefined) {
			const waiter = pending.get(message.id);
			pending.delete(message.id);
			if (message.error) {
				waiter?.reject(new HolmError('internal', `the machine refused: ${message.error.desc}`));
			} else {
				waiter?.resolve(message.return);
			}
		}
	});

	const execute: Qmp['execute'] = async (command, arguments_ = {}) => {
		if (socket.destroyed) {
			throw new HolmError('internal', `the machine has ended; ${command} was not sent`);
		}

		const id = ++lastId;
		const waiter = Promise.withResolvers<unknown>();
		pending.set(id, waiter);
		socket.write(`${JSON.stringify({execute: command, arguments: arguments_, id})}\n`);
		return within(waiter.promise, answerLimitMs, () => {
			pending.delete(id);
			return new HolmError('unavailable', `the machine does not answer: QEMU had ${answerLimitMs / 1000} seconds for ${command}`, {remedy: 'check the load and the disks of the host; holm kill ends the machine'});
		});
	};

	const giveUp = () => {
		socket.destroy();
	};

	signal?.addEventListener('abort', giveUp);
	if (signal?.aborted) {
		giveUp();
	}

	await greeting.promise;
	await execute('qmp_capabilities');
	signal?.removeEventListener('abort', giveUp);
	return {
		execute,
		onEvent(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		closed: closed.promise,
		close() {
			socket.destroy();
		},
	};
};
