import {type Readable, type Writable} from 'node:stream';
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

/** Where a session's bytes come from and go to. */
export type Streams = {readonly stdin: Input; readonly stdout: Output; readonly stderr: Output};

export type SessionEnding = 'ended' | 'detached';

/** The size of the terminal, where there is one. */
export const terminalSizeOf = ({isTTY, rows, columns}: Output): TerminalSize | undefined =>
	isTTY && rows && columns ? {rows, columns} : undefined;

/** Copies without ending the target, which other sessions go on using, and waits where it is slow. A reader that has gone ends the copy. */
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
Joins a session to the terminal or the pipes that the command was given, until its output ends or the detach keys are typed.

A terminal is raw meanwhile, so that Ctrl-C is a byte for the process, and is what it was when this resolves or throws.
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

	// The process may end, and its input close, while something is still being typed.
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

		// What is left of the output of a session that was detached from is not for anybody.
		output.catch(() => undefined);
		session.close();
	}
};

/**
Tells the size of the terminal now and whenever its window changes; the result ends that. One size is told after another, so that the last one stays.

Failures are left for the next change: the process may not be there yet, or no more.
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
