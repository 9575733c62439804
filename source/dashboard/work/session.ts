import {Buffer} from 'node:buffer';
import {PassThrough} from 'node:stream';
import type {Input, Output} from '../../terminal/streams.js';
import {followSize, joinSession, terminalSizeOf} from '../../terminal/session.js';
import type {Engine} from '../../engine/engine.js';
import type {Session} from '../../engine/sessions.js';
import {clean} from '../../text/fit.js';
import type {JoinSession} from './controller.js';

type Streams = {readonly stdin: Input; readonly stdout: Output; readonly stderr: Output};

// The container's sh looks for bash, since engines report a missing command in different ways, some only by the exit status.
const command = ['sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash; exec sh'];

/** Starts bash in the container, or sh if it has no bash. */
const startShell = async (engine: Engine, container: string, stdout: Output): Promise<{readonly id: string; readonly session: Session}> => {
	const id = await engine.createExec(container, {command, terminal: true, stdin: true, environment: ['TERM=xterm-256color'], privileged: false});
	return {id, session: await engine.startExec(id, terminalSizeOf(stdout))};
};

// 1047 and not 1049, which would also put the cursor where it was before the session.
const escapes = ['\u{1B}[?1047l', '\u{1B}[?25h', '\u{1B}[?2004l', '\u{1B}[?1000l', '\u{1B}[?1002l', '\u{1B}[?1003l', '\u{1B}[?1006l', '\u{1B}[?1l', '\u{1B}>', '\u{1B}[0m'];

/** Resets terminal modes that a program in a container may have left on: alternate screen, mouse, bracketed paste, colours. */
export const resetSequence: string = escapes.join('');

/** The terminal's input until `giveBack`. Read with `readable` events as Ink does: after flowing mode Ink would get no input. */
const borrowInput = (stdin: Input): Input & {readonly giveBack: () => void} => {
	const borrowed = new PassThrough();
	const onReadable = () => {
		for (let chunk: unknown = stdin.read(); chunk !== null; chunk = stdin.read()) {
			borrowed.write(chunk);
		}
	};

	const {ref} = stdin as {ref?: () => void};
	ref?.call(stdin);
	stdin.on('readable', onReadable);
	return Object.assign(borrowed, {
		isTTY: stdin.isTTY,
		fd: stdin.fd,
		setRawMode: (isRaw: boolean) => stdin.setRawMode?.(isRaw),
		giveBack() {
			stdin.off('readable', onReadable);
		},
	});
};

/** Creates the function that runs sessions in the dashboard's terminal, which must be handed over first. */
export const createJoin = ({stdin: terminal, stdout, stderr}: Streams): JoinSession => async (engine, {type, containerId, name}) => {
	const stdin = borrowInput(terminal);
	const streams = {stdin, stdout, stderr};
	const leave = new AbortController();
	const onInterrupt = () => {
		leave.abort();
	};

	const greet = (text: string, keys: string) => {
		// Prints below the terminal's previous content instead of clearing it.
		stdout.write(`\r${text} ${clean(name)}; ${keys} detaches.\r\n`);
	};

	// Without a TTY in the container the input is line-buffered and Ctrl-C reaches Holm.
	process.on('SIGINT', onInterrupt);
	try {
		if (type === 'attach') {
			const session = await engine.attachContainer(containerId, {stdin: true, logs: false});
			greet('Attached to', session.terminal ? 'Ctrl-P Ctrl-Q' : 'Ctrl-C');
			const stop = session.terminal ? followSize(stdout, async size => engine.resizeContainer(containerId, size)) : undefined;
			try {
				return await joinSession(session, streams, {stdin: true, signal: leave.signal}) === 'detached' ? `Detached from ${name}` : `${name} exited`;
			} finally {
				stop?.();
			}
		}

		const {id, session} = await startShell(engine, containerId, stdout);
		greet('A shell in', 'Ctrl-P Ctrl-Q');
		const stop = followSize(stdout, async size => engine.resizeExec(id, size));
		try {
			if (await joinSession(session, streams, {stdin: true}) === 'detached') {
				return `Detached; the shell in ${name} keeps running`;
			}
		} finally {
			stop();
		}

		const {exitCode} = await engine.exec(id);
		return `The shell in ${name} exited with ${exitCode ?? 'no status'}`;
	} finally {
		process.off('SIGINT', onInterrupt);
		stdin.giveBack();
		stdout.write(`${resetSequence}\r\n`);
	}
};

/** OSC 52, which sets the terminal's clipboard, also over SSH. tmux accepts it with `set-clipboard on`; for screen it is wrapped in a pass-through sequence. */
export const copySequence = (text: string, {TMUX, TERM = ''}: Readonly<Record<string, string | undefined>>): string => {
	const sequence = `\u{1B}]52;c;${Buffer.from(text).toString('base64')}\u{7}`;
	return !TMUX && TERM.startsWith('screen') ? `\u{1B}P${sequence}\u{1B}\\` : sequence;
};
