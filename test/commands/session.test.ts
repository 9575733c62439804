import {Buffer} from 'node:buffer';
import {EventEmitter} from 'node:events';
import {PassThrough} from 'node:stream';
import {setImmediate as tick} from 'node:timers/promises';
import test from 'ava';
import type {Session} from '../../source/engine/sessions.js';
import {createDetachFilter, parseDetachKeys} from '../../source/terminal/detach-keys.js';
import {followSize, joinSession} from '../../source/terminal/session.js';
import {proxySignals} from '../../source/commands/terminal/signals.js';
import {createContext} from './helpers/context.js';

const typed = (keys: string, ...chunks: readonly string[]) => {
	const filter = createDetachFilter(parseDetachKeys(keys));
	let passed = '';
	for (const chunk of chunks) {
		const {bytes, detached} = filter(Buffer.from(chunk));
		passed += Buffer.from(bytes).toString();
		if (detached) {
			return {passed, detached: true};
		}
	}

	return {passed, detached: false};
};

const p = '\u{10}';
const q = '\u{11}';

test('detach keys are taken out, their beginning is held back until it is clear', t => {
	t.deepEqual(typed('ctrl-p,ctrl-q', `ab${p}${q}cd`), {passed: 'ab', detached: true});
	t.deepEqual(typed('ctrl-p,ctrl-q', `a${p}`, q), {passed: 'a', detached: true});
	t.deepEqual(typed('ctrl-p,ctrl-q', p, 'x'), {passed: `${p}x`, detached: false});
	t.deepEqual(typed('ctrl-p,ctrl-q', p, p, q), {passed: p, detached: true});
	t.deepEqual(typed('a,a,b', 'aaab'), {passed: 'a', detached: true});
	t.deepEqual(typed('', `${p}${q}`), {passed: `${p}${q}`, detached: false});
});

test('detach keys in Docker\'s notation', t => {
	t.deepEqual([...parseDetachKeys('ctrl-a,x,ctrl-[,ctrl-@')], [1, 120, 27, 0]);
	t.throws(() => parseDetachKeys('ctrl-1'), {message: 'invalid detach key "ctrl-1"'});
	t.throws(() => parseDetachKeys('ab'), {message: 'invalid detach key "ab"'});
	t.throws(() => parseDetachKeys('a'.repeat(1_000_000)), {message: /^.{1,100}$/v});
});

const createSession = (isTerminal: boolean) => {
	const stdin = new PassThrough();
	const [stdout, stderr] = [new PassThrough(), new PassThrough()];
	let isClosed = false;
	const session: Session = {
		terminal: isTerminal,
		stdin,
		stdout,
		stderr,
		close() {
			isClosed = true;
			stdout.destroy();
			stderr.destroy();
		},
	};
	return {
		session, stdin, stdout, stderr, isClosed: () => isClosed,
	};
};

test('output goes where it belongs, input reaches its end', async t => {
	const context = createContext();
	const {session, stdin, stdout, stderr} = createSession(false);
	const joined = joinSession(session, context, {stdin: true});
	context.stdin.end('hi');
	const received = await stdin.toArray();
	t.is(Buffer.concat(received as Uint8Array[]).toString(), 'hi');
	stdout.end('out');
	stderr.end('err');
	t.is(await joined, 'ended');
	t.is(context.output(), 'out');
	t.is(context.errors(), 'err');
});

test('input that is not wanted is not touched', async t => {
	const context = createContext();
	const {session, stdin, stdout, stderr} = createSession(false);
	const joined = joinSession(session, context, {stdin: false, stdout: false});
	context.stdin.write('hi');
	stdout.end('out');
	stderr.end('err');
	await joined;
	t.is(stdin.read(), null);
	t.is(context.output(), '');
	t.is((context.stdin.read() as Uint8Array).toString(), 'hi');
});

const createTerminal = () => {
	const context = createContext({isTerminal: true});
	const modes: boolean[] = [];
	Object.assign(context.stdin, {
		isTTY: true,
		setRawMode(isRaw: boolean) {
			modes.push(isRaw);
		},
	});
	return {context, modes};
};

test('a terminal is raw while the session lasts, and the detach keys end it', async t => {
	const {context, modes} = createTerminal();
	const {session, stdin, isClosed} = createSession(true);
	const joined = joinSession(session, context, {stdin: true});
	t.deepEqual(modes, [true]);
	context.stdin.write('\u{3}');
	await tick();
	t.is((stdin.read() as Uint8Array)[0], 3, 'Ctrl-C is a byte for the process');
	context.stdin.write(`${p}${q}`);
	t.is(await joined, 'detached');
	t.deepEqual(modes, [true, false]);
	t.true(isClosed());
	t.false(stdin.writableEnded, 'the process did not get an end of file');
});

test('a terminal is restored when the session breaks', async t => {
	const {context, modes} = createTerminal();
	const {session, stdout} = createSession(true);
	const joined = joinSession(session, context, {stdin: true});
	stdout.destroy(new Error('connection lost'));
	await t.throwsAsync(joined, {message: 'connection lost'});
	t.deepEqual(modes, [true, false]);
});

test('a terminal is restored when the session is left', async t => {
	const {context, modes} = createTerminal();
	const leaving = new AbortController();
	const joined = joinSession(createSession(true).session, context, {stdin: true, signal: leaving.signal});
	leaving.abort();
	t.is(await joined, 'detached');
	t.deepEqual(modes, [true, false]);
});

test('the size is sent now and when the window changes', async t => {
	const {context} = createTerminal();
	const sizes: unknown[] = [];
	const stop = followSize(context.stdout, async size => {
		sizes.push(size);
		throw new Error('not there yet');
	});
	Object.assign(context.stdout, {columns: 100});
	context.stdout.emit('resize');
	stop();
	context.stdout.emit('resize');
	await tick();
	t.deepEqual(sizes, [{rows: 24, columns: 80}, {rows: 24, columns: 100}]);
});

test('signals are handed on until it is stopped', t => {
	// eslint-disable-next-line unicorn/prefer-event-target -- a process is one
	const source = new EventEmitter();
	const sent: string[] = [];
	let insisted = 0;
	const stop = proxySignals(async signal => {
		sent.push(signal);
		throw new Error('it has ended');
	}, () => {
		insisted++;
	}, source);
	source.emit('SIGINT', 'SIGINT');
	source.emit('SIGTERM', 'SIGTERM');
	source.emit('SIGUSR1', 'SIGUSR1');
	t.is(insisted, 0);
	source.emit('SIGINT', 'SIGINT');
	t.is(insisted, 1, 'who asks for the end three times wants to leave');
	source.emit('SIGINT', 'SIGINT');
	stop();
	source.emit('SIGINT', 'SIGINT');
	t.deepEqual(sent, ['SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGINT', 'SIGINT']);
	t.is(insisted, 1);
});
