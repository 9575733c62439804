import {Buffer} from 'node:buffer';
import {readFileSync} from 'node:fs';
import {text} from 'node:stream/consumers';
import test, {type ExecutionContext} from 'ava';
import {createChannels} from '../../../source/backends/apple/channels.js';
import {collect} from '../../../source/backends/apple/collect.js';
import {createRemoteTransport} from '../../../source/backends/apple/remote.js';
import type {Execution, Transport} from '../../../source/backends/apple/transport.js';
import {hostFor} from '../../../source/backends/ssh/dial.js';
import type {Link} from '../../../source/backends/ssh/link.js';
import {connect} from '../../../source/daemon/connect.js';
import {createStore} from '../../../source/dashboard/state/store.js';
import {HolmError} from '../../../source/engine/errors.js';
import type {LogEntry} from '../../../source/engine/resources.js';
import {parseTarget} from '../../../source/wire/ssh-target.js';
import {configuration} from '../../engine/resources.js';
import {startMac} from './helpers/mac.js';
import {startStandIn} from './stand-in/server.js';

const open = async (t: ExecutionContext, behaviour: Parameters<typeof startMac>[1] = {}, limits = {}) => {
	const mac = await startMac({}, behaviour);
	const {link, another} = hostFor(parseTarget(mac.target), {environment: mac.environment});
	const transport = createRemoteTransport({name: `ssh://${mac.target}`, link, another, limits});
	t.teardown(async () => {
		transport.close();
		await mac.close();
	});
	return {mac, transport};
};

const shell = async (transport: Transport, script: string, isShort = false) => transport.execute(['/bin/sh', '-c', script], {isShort});

/** The first line of an execution's output. */
const lineOf = async ({stdout}: Execution): Promise<string> => {
	let line = '';
	for await (const chunk of stdout.iterator({destroyOnReturn: false})) {
		line += String(chunk);
		if (line.includes('\n')) {
			break;
		}
	}

	return line.split('\n')[0]!;
};

const isThere = (pid: string): boolean => {
	try {
		// One that has ended may wait for somebody to take its status.
		return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
	} catch {
		return false;
	}
};

test('streams, a status, variables, signals to a whole group, and a program that is not there', async t => {
	const {transport} = await open(t, {greeting: 'Welcome!\nLast login: never\n'});
	const {stdout, stderr, exitCode} = await collect(transport, ['/bin/sh', '-c', 'cat; printf "%s\\n" "$X" >&2; exit 3'], {input: Buffer.from('in'), environment: {X: 'a \'b\' \\c'}});
	t.deepEqual([stdout.toString(), stderr, exitCode], ['in', 'a \'b\' \\c\n', 3]);
	const group = await shell(transport, 'sleep 1000 & echo $!; wait');
	const pid = await lineOf(group);
	t.true(isThere(pid));
	group.signal('SIGKILL');
	t.deepEqual(await group.ended, {signal: 'SIGKILL'});
	t.false(isThere(pid));
	const error = await t.throwsAsync(transport.execute(['/no/such/program']), {instanceOf: HolmError});
	t.like(error, {code: 'unavailable', message: `cannot run "/no/such/program" on ${transport.name}: there is no such program`});
	t.true(transport.roundTripMs!()! < 10_000);
});

test('a terminal has its size and another one, and passes everything on', async t => {
	const {transport} = await open(t);
	const execution = await transport.execute(['/bin/sh', '-c', 'stty size; until [ "$(stty size)" = "40 100" ]; do sleep 0.05; done; echo done; exit 7'], {terminal: {rows: 30, columns: 90}});
	t.is(await lineOf(execution), '30 90');
	execution.resize({rows: 40, columns: 100});
	t.is(await lineOf(execution), 'done');
	t.deepEqual(await execution.ended, {exitCode: 7});
});

test('what was released goes on without the connection, and the rest is ended', async t => {
	const {transport, mac} = await open(t);
	const [released, other] = [await shell(transport, 'echo $$; exec sleep 1000'), await shell(transport, 'echo $$; exec sleep 1000')];
	const [kept, ended] = [await lineOf(released), await lineOf(other)];
	released.release();
	transport.close();
	t.deepEqual(await other.ended, {signal: 'SIGKILL'});
	t.false(isThere(ended));
	await t.throwsAsync(released.ended, {message: /was lost|closed the channel/v});
	t.true(isThere(kept));
	process.kill(Number(kept), 'SIGKILL');
	t.is(mac.seen.connections, 1);
});

test('of one connection at most eight commands go on; those that last leave two to the others', async t => {
	const {transport, mac} = await open(t);
	const lasting = await Promise.all(Array.from({length: 20}, async () => shell(transport, 'cat')));
	t.is(mac.seen.connections, 4);
	const answers = await Promise.all(Array.from({length: 30}, async (_, index) => collect(transport, ['/bin/sh', '-c', `echo ${index}`])));
	t.deepEqual(answers.map(({stdout}) => stdout.toString()), Array.from({length: 30}, (_, index) => `${index}\n`));
	t.true(mac.seen.mostCommands <= 8);
	for (const {stdin} of lasting) {
		stdin.end('x');
	}

	t.deepEqual(await Promise.all(lasting.map(async ({stdout}) => text(stdout))), Array.from({length: 20}, () => 'x'));
	t.is(mac.seen.refused, 0);
});

test('a server that allows fewer sessions is asked again when one has ended', async t => {
	const {transport, mac} = await open(t, {mostSessions: 2});
	const lasting = await shell(transport, 'cat');
	const answers = await Promise.all(Array.from({length: 6}, async (_, index) => collect(transport, ['/bin/sh', '-c', `echo ${index}`])));
	t.deepEqual(answers.map(({stdout}) => stdout.toString()), Array.from({length: 6}, (_, index) => `${index}\n`));
	lasting.stdin.end();
	await lasting.ended;
	t.true(mac.seen.refused > 0);
});

test('a wait for a channel ends', async t => {
	const {promise: never} = Promise.withResolvers<never>();
	const link = {
		execute: async () => ({closed: never, ended: never}), isAlive: () => true, onClose() {}, close() {}, roundTripMs: () => undefined,
	} as unknown as Link;
	let count = 0;
	const another = async () => {
		count++;
		return {...link};
	};

	const {take} = createChannels({name: 'ssh://mac', link: async () => link, another, waitMs: 50, onLost() {}});
	await Promise.all(Array.from({length: 48}, async () => take({isShort: false, line: ''})));
	t.is(count, 7);
	const error = await t.throwsAsync(take({isShort: false, line: ''}), {instanceOf: HolmError});
	t.like(error, {code: 'unavailable', message: 'no channel to ssh://mac became free within 0.05 seconds: 48 commands go on there'});
	await Promise.all(Array.from({length: 16}, async () => take({isShort: true, line: ''})));
	await t.throwsAsync(take({isShort: true, line: ''}), {message: /64 commands/v});
});

const hostile: ReadonlyArray<readonly [name: string, behaviour: Parameters<typeof startMac>[1], names: RegExp]> = [
	['a server that never answers', {isSilent: () => true}, /did not begin a command within 1 seconds/v],
	['a shell that hangs', {shell: 'exec /bin/sleep 1000'}, /did not begin a command within 1 seconds/v],
	['half of the mark', {shell: 'printf "holm-started 12"; exec /bin/sleep 1000'}, /did not begin a command within 1 seconds/v],
	['an account without a shell', {shell: 'echo "This account is \u{1B}[31mnot available" >&2; exit 1'}, /runs no commands: it says "This account is .*not available"/v],
	['a shell that prints without an end', {shell: 'exec /usr/bin/yes'}, /runs no commands: it says "y/v],
	['a shell that is killed', {shell: 'kill -KILL $$'}, /runs no commands/v],
];

for (const [name, behaviour, names] of hostile) {
	test(`${name}: one clear error within the limit`, async t => {
		const {transport} = await open(t, behaviour, {startMs: 1000});
		const error = await t.throwsAsync(transport.execute(['/bin/true']), {instanceOf: HolmError});
		t.is(error.code, 'unavailable');
		t.regex(error.message, names);
		t.notRegex(error.message, /\p{Control}/v);
		t.truthy(error.remedy);
	});
}

test('a connection that is cut: what waits fails once, the dashboard reconnects, and runs go on', async t => {
	const standIn = await startStandIn();
	const mac = await startMac(standIn.environment);
	t.teardown(async () => {
		await mac.close();
		await standIn.close();
	});
	const reach = async () => connect({host: `apple://${mac.target}`, environment: mac.environment});
	const engine = await reach();
	const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['sh', '-c', 'echo ready; sleep 1000'], openStdin: true}));
	await engine.startContainer(id);
	const store = createStore({connect: reach, interval: 50});
	t.teardown(store.close);
	const {promise: connected, resolve: onConnected} = Promise.withResolvers<void>();
	const {promise: again, resolve: onAgain} = Promise.withResolvers<void>();
	store.subscribe(() => {
		const {connection: {state}, snapshot} = store.getState();
		if (state === 'connected' && snapshot) {
			onConnected();
			if (snapshot.containers.length === 2) {
				onAgain();
			}
		}
	});
	await connected;
	t.true(store.getState().roundTripMs! > 0);

	const execId = await engine.createExec(id, {command: ['sleep', '1000'], terminal: false, stdin: true, environment: [], privileged: false});
	const exec = await engine.startExec(execId);
	const attached = await engine.attachContainer(id, {stdin: true});
	const entries = engine.logs(id, {follow: true})[Symbol.asyncIterator]();
	t.is(Buffer.from(((await entries.next()).value as LogEntry).bytes).toString(), 'ready\n');
	const events = engine.events()[Symbol.asyncIterator]();
	const waits: ReadonlyArray<readonly [string, Promise<unknown>]> = [
		['exec', text(exec.stdout)],
		['attach', text(attached.stdout)],
		['logs', entries.next()],
		['wait', engine.waitContainer(id)],
		['events', events.next()],
	];
	// All wait there.
	await engine.containers({all: true});
	mac.cut();
	for (const [name, wait] of waits) {
		const error = await t.throwsAsync(wait, {instanceOf: HolmError}, name);
		t.like(error, {code: 'unavailable', message: `the SSH connection to ssh://${mac.target} was lost`}, name);
	}

	const {id: second} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['true']}));
	await again;
	t.true(mac.seen.connections > 1);
	await engine.removeContainer(second);
	t.is((await engine.container(id)).status.state, 'running');
	const ended = engine.waitContainer(id);
	await engine.killContainer(id);
	t.is((await ended).exitCode, 137);
	await engine.removeContainer(id);
});

test('ssh:// without a path finds Apple\'s container where there is no other engine, and says what it looked for', async t => {
	const standIn = await startStandIn();
	const mac = await startMac(standIn.environment);
	const bare = await startMac({});
	t.teardown(async () => {
		await bare.close();
		await mac.close();
		await standIn.close();
	});
	const engine = await connect({host: `ssh://${mac.target}`, environment: mac.environment});
	t.is((await engine.version()).name, 'Apple container');
	t.is(await connect({host: `ssh://${mac.target}`, environment: mac.environment}), engine);
	const none = await connect({host: `ssh://${bare.target}`, environment: bare.environment});
	const error = await t.throwsAsync(none.containers(), {instanceOf: HolmError});
	t.is(error.code, 'unavailable');
	t.regex(error.message, /tried \/run\/holm\/holm\.sock, .*\/var\/run\/docker\.sock, Apple's container and "docker system dial-stdio"/v);
	const refused = await t.throwsAsync(connect({host: 'apple://a b'}), {instanceOf: HolmError});
	t.is(refused.code, 'invalid');
	const apple = await connect({host: `apple://${bare.target}`, environment: bare.environment});
	await t.throwsAsync(apple.containers(), {message: /Apple's container needs macOS, and ssh:\/\/build@127\.0\.0\.1:\d+ has Linux/v});
});
