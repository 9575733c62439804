import {Buffer} from 'node:buffer';
import {text} from 'node:stream/consumers';
import test from 'ava';
import {createAppleEngine} from '../../../source/backends/apple/engine.js';
import {createLocalTransport} from '../../../source/backends/apple/local.js';
import type {Engine} from '../../../source/engine/engine.js';
import {configuration} from '../../engine/resources.js';
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
		labels: {sign: 'a=b'},
		openStdin: true,
		command: ['sh', '-c', 'echo ready; read line; echo "got $line" >&2; exit 5'],
	}));
	await one.renameContainer(id, 'renamed');
	t.like(await other.container('renamed'), {id, status: {state: 'created'}, configuration: {labels: {sign: 'a=b'}, openStdin: true}});
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
	await one.removeContainer(third, {force: true});
	await t.throwsAsync(other.container(second), {message: /No such container/v});

	// The end of a log that is removed with its container, which has no end of line.
	const {id: fourth} = await one.createContainer(configuration({
		image, autoRemove: true, openStdin: true, command: ['sh', '-c', 'read line; printf "the end"'],
	}));
	await one.startContainer(fourth);
	const log = textOf(one, fourth, true);
	const removed = one.waitContainer(fourth, 'removed');
	(await one.attachContainer(fourth, {stdin: true})).stdin.end('go\n');
	t.is(await log, 'stdout the end');
	t.is((await removed).exitCode, 0);
});

test('a container that Apple\'s own program started is followed to its end, which has an unknown status', async t => {
	const standIn = await startStandIn();
	const transport = createLocalTransport({environment: standIn.environment});
	t.teardown(async () => {
		transport.close();
		await standIn.close();
	});
	const engine = createAppleEngine(transport);
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
	const standIn = await startStandIn();
	const transport = createLocalTransport({environment: standIn.environment});
	t.teardown(async () => {
		transport.close();
		await standIn.close();
	});
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
	const standIn = await startStandIn();
	const transport = createLocalTransport({environment: {...standIn.environment, HOLM_STAND_IN_FAILURE: 'macOS 15, network command'}});
	t.teardown(async () => {
		transport.close();
		await standIn.close();
	});
	const engine = createAppleEngine(transport);
	const {id} = await engine.createContainer(configuration({image, command: ['sleep', '1000']}));
	await engine.startContainer(id);
	const {containers, networks} = await engine.snapshot();
	t.deepEqual(networks.map(({name, leases}) => [name, leases.length]), [['bridge', 1]]);
	t.is(containers[0]?.attachments[0]?.network, 'bridge');
	await t.throwsAsync(engine.createNetwork({name: 'own', driver: 'bridge', internal: false, labels: {}}), {message: /need macOS 26/v});
	await engine.removeContainer(id, {force: true});
});

test('a container that cannot be made leaves nothing', async t => {
	const standIn = await startStandIn();
	const transport = createLocalTransport({environment: {...standIn.environment, HOLM_STAND_IN_FAILURE: 'create, bind source missing'}});
	t.teardown(async () => {
		transport.close();
		await standIn.close();
	});
	const engine = createAppleEngine(transport);
	await t.throwsAsync(engine.createContainer(configuration({
		image, command: ['true'], mounts: [{type: 'volume', source: '', target: '/data', readOnly: false}],
	})), {message: /does not exist/v});
	t.deepEqual(await engine.volumes(), []);
	t.deepEqual(await engine.containers({all: true}), []);
});
