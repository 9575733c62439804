import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Duplex, PassThrough} from 'node:stream';
import {text} from 'node:stream/consumers';
import test, {type ExecutionContext} from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import {newEntry} from '../../../source/host/engine/context.js';
import {attach, joinCommand} from '../../../source/host/engine/streams.js';
import type {GuestCommand} from '../../../source/host/machines/ssh/agent.js';
import type {Machine} from '../../../source/host/machines/running-machine.js';
import {pathsOf} from '../../../source/host/store/paths.js';
import {configuration, container} from '../../engine/resources.js';

/** A running container whose guest accepts no commands. */
const openSession = async (t: ExecutionContext, ended: Promise<never> | Promise<void>) => {
	const root = await mkdtemp(path.join(tmpdir(), 'holm-streams-'));
	t.teardown(async () => rm(root, {recursive: true}));
	const paths = pathsOf(root);
	const entry = newEntry({
		container: container({
			name: 'deaf', configuration: configuration({openStdin: true, terminal: false}), status: {state: 'running', pid: 1, startedAt: 1},
		}),
		isStoppedByUser: false,
		devices: {},
	});
	const {log} = paths.container(entry.container.id);
	await mkdir(path.dirname(log), {recursive: true});
	await writeFile(log, '');
	const agent = {
		async open() {
			throw new HolmError('internal', 'the guest does not answer');
		},
	};
	entry.run = {
		state: 'live', machine: {agent, ended} as unknown as Machine, since: 0, over: Promise.resolve(),
	};
	const lines: string[] = [];
	const session = await attach({
		paths,
		log(line) {
			lines.push(line);
		},
	}, entry, {stdin: true});
	return {session, entry, lines};
};

test('input that cannot reach a process ends the session with the reason', async t => {
	const {session, lines} = await openSession(t, new Promise<never>(() => {}));
	session.stdin.end('hello\n');
	const error = await t.throwsAsync(text(session.stdout));
	t.regex(error.message, /input cannot reach container deaf: the guest does not answer/v);
	t.is(lines.length, 1);
	session.close();
});

test('input for a process that has just ended is dropped, and its remaining output arrives', async t => {
	const {session, entry, lines} = await openSession(t, Promise.resolve());
	session.stdin.end('hello\n');
	await new Promise(resolve => {
		session.stdin.once('finish', resolve);
	});
	const [over] = entry.attached;
	entry.ended.abort();
	t.is(await text(session.stdout), '');
	t.is(entry.attached.size, 1, 'its other output is still to be read');
	t.is(await text(session.stderr), '');
	await over;
	t.is(entry.attached.size, 0);
	t.deepEqual(lines, []);
	session.close();
});

test('a command\'s standard error arrives whole after the command and its standard output have ended', async t => {
	const stderr = new PassThrough({highWaterMark: 1 << 21});
	const channel = Object.assign(Duplex.from({readable: new PassThrough().end(), writable: new PassThrough()}), {stderr});
	const written = 'e'.repeat(1 << 20);
	stderr.end(written);
	const session = joinCommand({channel, status: Promise.resolve(0)} as unknown as GuestCommand, {terminal: false, stdin: false}, code => {
		t.is(code, 0);
	});
	t.is(await text(session.stdout), '');
	t.is((await text(session.stderr)).length, written.length);
});
