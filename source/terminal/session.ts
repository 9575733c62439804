import type {Readable, Writable} from 'node:stream';
import {finished} from 'node:stream/promises';
import {Buffer} from 'node:buffer';
import type {Session, TerminalSize} from '../engine/sessions.js';
import type {Input, Output} from './streams.js';
import {createDetachFilter, defaultDetachKeys, parseDetachKeys} from './detach-keys.js';
import {enterRawMode} from './raw-mode.js';

export type SessionOptions = {
	readonly stdin: boolean;
	readonly stdout?: boolean;
	readonly stderr?: boolean;
	/** Docker's notation; default `ctrl-p,ctrl-q`. */
	readonly detachKeys?: string;
	/** Leaves the session, as the detach keys do. */
	readonly signal?: AbortSignal;
};

/** The local ends of a session. */
export type Streams = {readonly stdin: Input; readonly stdout: Output; readonly stderr: Output};

export type SessionEnding = 'ended' | 'detached';

/** The size of the terminal; undefined if the output is no terminal. */
export const terminalSizeOf = ({isTTY, rows, columns}: Output): TerminalSize | undefined =>
	isTTY && rows && columns ? {rows, columns} : undefined;

/** Copies with backpressure and without ending the target, which outlives the session. A closed target ends the copy. */
const copy = async (source: Readable, target: Writable): Promise<void> => {
	source.on('data', (chunk: Uint8Array) => {
		if (target.write(chunk)) {
			return;
		}

		source.pause();
		target.once('drain', () => {
			source.resume();
		});
	});
	await finished(source, {writable: false});
};

/**
Connects a session with the command's terminal or pipes until its output ends or the user types the detach keys.

A terminal is in raw mode meanwhile, so that the process gets Ctrl-C as a byte; its mode is restored before this resolves or throws.
*/
export const joinSession = async (session: Session, {stdin, stdout, stderr}: Streams, options: SessionOptions): Promise<SessionEnding> => {
	const {promise: detached, resolve: detach} = Promise.withResolvers<'detached'>();
	options.signal?.addEventListener('abort', () => {
		detach('detached');
	}, {once: true});
	const isRaw = session.terminal && options.stdin && stdin.isTTY === true;
	const filter = createDetachFilter(isRaw ? parseDetachKeys(options.detachKeys ?? defaultDetachKeys) : new Uint8Array());

	const onData = (chunk: Uint8Array) => {
		const typed = filter(Buffer.from(chunk));
		if (typed.bytes.length > 0 && !session.stdin.write(typed.bytes)) {
			stdin.pause();
			session.stdin.once('drain', () => {
				stdin.resume();
			});
		}

		if (typed.detached) {
			detach('detached');
		}
	};

	const onEnd = () => {
		session.stdin.end();
	};

	// The process may end, and its input close, while the user still types.
	session.stdin.on('error', () => undefined);
	const leaveRawMode = isRaw ? enterRawMode(stdin) : undefined;
	if (options.stdin) {
		stdin.on('data', onData);
		stdin.once('end', onEnd);
		stdin.resume();
	}

	const silence = async (stream: Readable) => {
		stream.resume();
		await finished(stream, {writable: false});
	};

	const output = Promise.all([
		options.stdout === false ? silence(session.stdout) : copy(session.stdout, stdout),
		session.terminal || options.stderr === false ? silence(session.stderr) : copy(session.stderr, stderr),
	]);
	try {
		return await Promise.race([output.then((): SessionEnding => 'ended'), detached]);
	} finally {
		stdin.off('data', onData);
		stdin.off('end', onEnd);
		leaveRawMode?.();

		if (options.stdin) {
			stdin.pause();
		}

		// After detaching, the rest of the output is dropped.
		output.catch(() => undefined);
		session.close();
	}
};

/**
Sends the terminal's size now and after each change of its window; returns a function that stops it. Sizes are sent one at a time, so that the last one wins.

Ignores failures, as the process may not run yet, or no longer.
*/
export const followSize = (stdout: Output, resize: (size: TerminalSize) => Promise<void>): (() => void) => {
	let isSending = false;
	let isChanged = false;
	const send = async () => {
		isChanged = true;
		if (isSending) {
			return;
		}

		isSending = true;
		while (isChanged) {
			isChanged = false;
			const size = terminalSizeOf(stdout);
			try {
				await (size && resize(size));
			} catch {}
		}

		isSending = false;
	};

	const listener = () => {
		void send();
	};

	listener();
	stdout.on('resize', listener);
	return () => {
		stdout.off('resize', listener);
	};
};
