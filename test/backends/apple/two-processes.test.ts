import {Buffer} from 'node:buffer';
import {
	mkdir,
	readdir,
	readFile,
	rm,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {text} from 'node:stream/consumers';
import test from 'ava';
import {createAppleEngine} from '../../../source/backends/apple/engine.js';
import {createLocalTransport} from '../../../source/backends/apple/local.js';
import type {Engine} from '../../../source/engine/engine.js';
import type {HolmError} from '../../../source/engine/errors.js';
import {configuration} from '../../engine/resources.js';
import {openEngine} from './helpers/open-engine.js';
import {startStandIn} from './stand-in/server.js';

const image = 'alpine/bash';

const textOf = async (engine: Engine, id: string, isFollowing = false) => {
	const entries = await Array.fromAsync(engine.logs(id, {follow: isFollowing}));
	return entries.map(({stream, bytes}) => `${stream} ${Buffer.from(bytes).toString()}`).join('');
};

test('what one process starts, another one sees, follows, attaches to and stops', async t => {
	const standIn = await startStandIn();
	const transports = [1, 2].map(() => createLocalTransport({environment: standIn.environment}));
	t.teardown(async () => {
		for (const transport of transports) {
			transport.close();
		}

		await standIn.close();
	});
	const watched: string[] = [];
	const [one, other] = transports.map(transport => createAppleEngine({...transport, watch(directory, name, onChange) {
		watched.push(name);
		return transport.watch!(directory, name, onChange);
	}})) as [Engine, Engine];
	const {id} = await one.createContainer(configuration({
		image,
		name: 'first',
		labels: {sign: 'a=b', holm: 'mine', '-flag': 'x'},
		openStdin: true,
		command: ['sh', '-c', 'echo ready; read line; echo "got $line" >&2; exit 5'],
	}));
	await one.renameContainer(id, 'renamed');
	t.like(await other.container('renamed'), {id, status: {state: 'created'}, configuration: {labels: {sign: 'a=b', holm: 'mine', '-flag': 'x'}, openStdin: true}});
	await one.startContainer(id);
	t.is((await other.container(id)).status.state, 'running');
	const ended = other.waitContainer(id);
	const following = textOf(other, id, true);
	const session = await other.attachContainer(id, {stdin: true});
	const errors = text(session.stderr);
	session.stdin.end('line\n');
	t.is((await ended).exitCode, 5);
	t.deepEqual(watched, ['exit'], 'the end of a run that Holm keeps is not polled for');
	t.is(await errors, 'got line\n');
	t.is(await following, 'stdout ready\nstderr got line\n');
	t.is(await textOf(one, id), 'stdout ready\nstderr got line\n');
	t.like((await other.container(id)).status, {state: 'exited', exitCode: 5});

	const {id: second} = await other.createContainer(configuration({image, command: ['sleep', '1000']}));
	await other.startContainer(second);
	const events = one.events({filters: {container: [second], event: ['die']}})[Symbol.asyncIterator]();
	const death = events.next();
	await one.stopContainer(second, {timeoutSeconds: 0});
	t.is((await other.waitContainer(second)).exitCode, 137);
	t.like((await one.container(second)).status, {state: 'exited', exitCode: 137});
	t.like(await death, {done: false, value: {attributes: {exitCode: '137'}}});
	await events.return?.();
	await one.removeContainer(second);

	// The one that keeps a restart policy learns that another one has stopped the container, or has started it.
	const {id: third} = await one.createContainer(configuration({
		image, command: ['sleep', '1000'], restartPolicy: {name: 'always', maximumRetryCount: 0},
	}));
	await one.startContainer(third);
	await other.stopContainer(third, {timeoutSeconds: 0});
	t.is((await one.waitContainer(third)).exitCode, 137);
	t.is((await one.container(third)).status.state, 'exited');
	await other.startContainer(third);
	await t.throwsAsync(one.startContainer(third), {code: 'not-modified'});

	// It is stopped even if that cannot be noted, which its restart policy needs.
	const directory = path.join(standIn.home, '.holm/apple', third);
	await mkdir(path.join(directory, 'state.new'));
	await t.throwsAsync(other.stopContainer(third, {timeoutSeconds: 0}), {code: 'unavailable', message: /cannot write to .*\.holm\/apple on this host/v});
	t.is((await createAppleEngine(transports[1]!).container(third)).status.state, 'exited');
	await rm(path.join(directory, 'state.new'), {recursive: true});
	await one.removeContainer(third, {force: true});
	await t.throwsAsync(other.container(second), {message: /No such container/v});

	// Of processes that start one at once, one does.
	const {id: both} = await one.createContainer(configuration({image, command: ['sleep', '1000']}));
	const starts = await Promise.allSettled([one, other].map(async engine => engine.startContainer(both)));
	t.true(starts.some(({status}) => status === 'fulfilled'));
	t.true(starts.every(result => result.status === 'fulfilled' || (result.reason as HolmError).code === 'not-modified'));
	t.is((await one.container(both)).status.state, 'running');
	await one.restartContainer(both, {timeoutSeconds: 0});
	await other.restartContainer(both, {timeoutSeconds: 0});
	t.is((await one.container(both)).status.state, 'running');

	// A container that is removed while another process stops it leaves nothing.
	standIn.switches.onRun = words => {
		if (words.startsWith('stop ')) {
			standIn.switches.onRun = undefined;
			standIn.world.containers.clear();
		}
	};

	await t.throwsAsync(other.stopContainer(both), {code: 'not-found', message: /^No such container/v});
	t.false((await readdir(path.join(standIn.home, '.holm/apple'))).includes(both));

	// After a restart of the host another process may have the id of a keeper.
	const {id: fourth} = await one.createContainer(configuration({image, name: 'fourth', command: ['sleep', '1000']}));
	await one.startContainer(fourth);
	const file = path.join(standIn.home, '.holm/apple', fourth, 'keeper');
	process.kill(Number(await readFile(file, 'utf8')), 'SIGKILL');
	await writeFile(file, `${process.pid}\n`);
	const stop = await transports[0]!.execute([standIn.environment.HOLM_CONTAINER, 'stop', '-t', '0', 'fourth']);
	stop.stdout.resume();
	await stop.ended;
	t.is((await other.container(fourth)).status.state, 'exited');
	await other.removeContainer(fourth);

	// The end of a log that is removed with its container, which has no end of line.
	const {id: fifth} = await one.createContainer(configuration({
		image, autoRemove: true, openStdin: true, command: ['sh', '-c', 'read line; printf "the end"'],
	}));
	await one.startContainer(fifth);
	const log = textOf(one, fifth, true);
	const removed = one.waitContainer(fifth, 'removed');
	(await one.attachContainer(fifth, {stdin: true})).stdin.end('go\n');
	t.is(await log, 'stdout the end');
	t.is((await removed).exitCode, 0);
});

test('the end of a run is seen where the host has no watch left', async t => {
	const {transport} = await openEngine(t);
	const {id} = await createAppleEngine(transport).createContainer(configuration({image, command: ['sleep', '1000']}));
	await createAppleEngine(transport).startContainer(id);
	const other = createAppleEngine({...transport, watch: () => undefined});
	const ended = other.waitContainer(id);
	await createAppleEngine(transport).stopContainer(id, {timeoutSeconds: 0});
	t.is((await ended).exitCode, 137);
});

test('why a start fails is not in the output of the container', async t => {
	const {engine} = await openEngine(t);
	for (const isTerminal of [false, true]) {
		for (const hasInput of [false, true]) {
			const {id} = await engine.createContainer(configuration({
				image, command: ['nothing'], terminal: isTerminal, openStdin: hasInput,
			}));
			const session = await engine.attachContainer(id);
			const said = Promise.all([text(session.stdout), text(session.stderr)]);
			await t.throwsAsync(engine.startContainer(id), {code: 'command-not-found'});
			t.is(await textOf(engine, id), '');
			await engine.removeContainer(id);
			t.deepEqual(await said, ['', '']);
		}
	}
});

test('a container that Apple\'s own program started is followed to its end, which has an unknown status', async t => {
	const {standIn, transport, engine} = await openEngine(t);
	const run = async (...words: readonly string[]) => {
		const execution = await transport.execute([standIn.environment.HOLM_CONTAINER, ...words]);
		execution.stdin.end();
		const [output, {exitCode}] = await Promise.all([text(execution.stdout), execution.ended]);
		t.is(exitCode, 0, words.join(' '));
		return output;
	};

	t.is(await run('create', '--name', 'foreign', image, 'sh', '-c', 'echo out; echo err >&2; sleep 1000'), 'foreign\n');
	t.is((await engine.container('foreign')).status.state, 'created');
	await run('start', 'foreign');
	t.is((await engine.container('foreign')).status.state, 'running');
	t.regex((await engine.container('foreign')).id, /^[\da-f]{64}$/v);
	const ended = engine.waitContainer('foreign');
	await run('kill', '-s', 'KILL', 'foreign');
	t.is((await ended).exitCode, 255);
	t.like((await engine.container('foreign')).status, {state: 'exited', reason: 'its exit status is not kept by Apple\'s container'});
	t.true(Array.isArray(await Array.fromAsync(engine.logs('foreign'))));
	await engine.removeContainer('foreign');
	t.is(await run('ls', '-a', '--format', 'json'), '[]\n');
});

test('a restart by policy that fails is the reason of the state, and logged', async t => {
	const {standIn, transport} = await openEngine(t);
	const {promise: logged, resolve: log} = Promise.withResolvers<string>();
	const engine = createAppleEngine(transport, {log});
	const {id} = await engine.createContainer(configuration({
		image, name: 'web', command: ['sh', '-c', 'read x; exit 3'], openStdin: true, restartPolicy: {name: 'always', maximumRetryCount: 0},
	}));
	await engine.startContainer(id);
	standIn.switches.failure = 'start, host port in use';
	const session = await engine.attachContainer(id, {stdin: true});
	session.stdin.end('x\n');
	t.regex(await logged, /^web could not be restarted: .*port is already allocated/v);
	standIn.switches.failure = undefined;
	const {status} = await createAppleEngine(transport).container(id);
	t.like(status, {state: 'exited', exitCode: 3});
	t.regex(status.state === 'exited' ? status.reason ?? '' : '', /could not be restarted: .*port is already allocated/v);
	await engine.startContainer(id);
	t.is((await engine.container(id)).status.state, 'running');
	await engine.removeContainer(id, {force: true});
});

test('below macOS 26 there is the default network alone', async t => {
	const {engine} = await openEngine(t, {HOLM_STAND_IN_FAILURE: 'macOS 15, network command'});
	const {id} = await engine.createContainer(configuration({image, command: ['sleep', '1000']}));
	await engine.startContainer(id);
	const {containers, networks} = await engine.snapshot();
	t.deepEqual(networks.map(({name, leases}) => [name, leases.length]), [['bridge', 1]]);
	t.is(containers[0]?.attachments[0]?.network, 'bridge');
	await t.throwsAsync(engine.createNetwork({name: 'own', driver: 'bridge', internal: false, labels: {}}), {message: /need macOS 26/v});
	await engine.removeContainer(id, {force: true});
});

test('a container that cannot be made leaves nothing', async t => {
	const {engine} = await openEngine(t, {HOLM_STAND_IN_FAILURE: 'create, bind source missing'});
	await t.throwsAsync(engine.createContainer(configuration({
		image, command: ['true'], mounts: [{type: 'volume', source: '', target: '/data', readOnly: false}],
	})), {message: /does not exist/v});
	t.deepEqual(await engine.volumes(), []);
	t.deepEqual(await engine.containers({all: true}), []);
});
