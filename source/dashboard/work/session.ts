import {Buffer} from 'node:buffer';
import process from 'node:process';
import {PassThrough} from 'node:stream';
import type {Input, Output} from '../../terminal/streams.js';
import {followSize, joinSession, sizeOf} from '../../terminal/session.js';
import type {Engine} from '../../engine/engine.js';
import type {Session} from '../../engine/sessions.js';
import {clean} from '../../text/fit.js';
import type {JoinSession} from './controller.js';

type Streams = {readonly stdin: Input; readonly stdout: Output; readonly stderr: Output};

// What is in an image is not known. The container's own shell looks: that a command is missing is told by engines in different ways, some only with the status of the ended process.
const command = ['sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash; exec sh'];

/** A shell that is in the container, the more comfortable one first. */
const startShell = async (engine: Engine, container: string, stdout: Output): Promise<{readonly id: string; readonly session: Session}> => {
	const id = await engine.createExec(container, {command, terminal: true, stdin: true, environment: ['TERM=xterm-256color'], privileged: false});
	return {id, session: await engine.startExec(id, sizeOf(stdout))};
};

// 1047 and not 1049, which would also put the cursor where it was before the session.
const escapes = ['\u{1B}[?1047l', '\u{1B}[?25h', '\u{1B}[?2004l', '\u{1B}[?1000l', '\u{1B}[?1002l', '\u{1B}[?1003l', '\u{1B}[?1006l', '\u{1B}[?1l', '\u{1B}>', '\u{1B}[0m'];

/** Everything that a program in a container may have left switched on, switched off: the alternate screen, mouse, bracketed paste, colours. */
export const sanity: string = escapes.join('');

/** What is typed, for as long as it is borrowed. It is read as Ink reads it: a terminal that was made to flow and was paused again gives Ink nothing more. */
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

/** Sessions in the terminal of the dashboard, which has given it away meanwhile. */
export const createJoin = ({stdin: terminal, stdout, stderr}: Streams): JoinSession => async (engine, {type, containerId, name}) => {
	const stdin = borrowInput(terminal);
	const streams = {stdin, stdout, stderr};
	const leave = new AbortController();
	const onInterrupt = () => {
		leave.abort();
	};

	const greet = (text: string, keys: string) => {
		// It goes on below what the terminal showed before the dashboard, which nobody wants to lose.
		stdout.write(`\r${text} ${clean(name)}; ${keys} leaves it.\r\n`);
	};

	// Without a terminal of its own the process gets lines, and Ctrl-C comes to us.
	process.on('SIGINT', onInterrupt);
	try {
		if (type === 'attach') {
			const session = await engine.attachContainer(containerId, {stdin: true, logs: false});
			greet('Attached to', session.terminal ? 'Ctrl-P Ctrl-Q' : 'Ctrl-C');
			const stop = session.terminal ? followSize(stdout, async size => engine.resizeContainer(containerId, size)) : undefined;
			try {
				return await joinSession(session, streams, {stdin: true, signal: leave.signal}) === 'detached' ? `Detached from ${name}` : `${name} has ended`;
			} finally {
				stop?.();
			}
		}

		const {id, session} = await startShell(engine, containerId, stdout);
		greet('A shell in', 'Ctrl-P Ctrl-Q');
		const stop = followSize(stdout, async size => engine.resizeExec(id, size));
		try {
			if (await joinSession(session, streams, {stdin: true}) === 'detached') {
				return `The shell in ${name} goes on`;
			}
		} finally {
			stop();
		}

		const {exitCode} = await engine.exec(id);
		return `The shell in ${name} ended with ${exitCode ?? 'no status'}`;
	} finally {
		process.off('SIGINT', onInterrupt);
		stdin.giveBack();
		stdout.write(`${sanity}\r\n`);
	}
};

/** OSC 52, which a terminal takes for its clipboard, also over SSH. tmux takes it from its programs where `set-clipboard` is on; screen has to be told to pass it on. */
export const copySequence = (text: string, {TMUX, TERM = ''}: Readonly<Record<string, string | undefined>>): string => {
	const sequence = `\u{1B}]52;c;${Buffer.from(text).toString('base64')}\u{7}`;
	return !TMUX && TERM.startsWith('screen') ? `\u{1B}P${sequence}\u{1B}\\` : sequence;
};
