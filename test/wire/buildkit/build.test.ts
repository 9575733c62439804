import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import net, {type AddressInfo, type Socket} from 'node:net';
import {Readable} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import type {BuildOptions} from '../../../source/engine/build.js';
import {buildByBuildKit, type BuildKitDaemon} from '../../../source/wire/buildkit/build.js';

const id = `sha256:${'ab'.repeat(32)}`;

const line = (json: unknown) => Buffer.from(`${JSON.stringify(json)}\r\n`);

/** A daemon whose answer has these lines; its session is a connection to nobody. */
const daemonFor = async (t: ExecutionContext, lines: readonly unknown[], startMs = 0): Promise<BuildKitDaemon> => {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
	});
	return {
		async post() {
			return Readable.from(lines.map(json => line(json)));
		},
		async upgrade(): Promise<Socket> {
			await delay(startMs);
			const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
			t.teardown(() => {
				socket.destroy();
			});
			await once(socket, 'connect');
			return socket;
		},
		lost: error => error,
	};
};

const plain: BuildOptions = {
	tags: [], buildArguments: {}, noCache: false, pull: false, labels: {},
};

const run = async (daemon: BuildKitDaemon, options: Partial<BuildOptions> = {}) =>
	Array.fromAsync(buildByBuildKit(daemon, Readable.from([]), {...plain, ...options}, () => undefined));

test('a build ends with its id, and one that waits for the builder says so', async t => {
	const lines = [{id: 'moby.image.id', aux: {ID: id}}, {stream: 'Successfully tagged x:latest\n'}];
	t.deepEqual(await run(await daemonFor(t, lines)), [{imageId: id}]);
	t.deepEqual(await run(await daemonFor(t, lines, 2500)), [{text: 'Waiting for the builder to start\n'}, {imageId: id}]);
});

test('a build without an image, and one that fails, are errors', async t => {
	await t.throwsAsync(run(await daemonFor(t, [])), {code: 'unavailable', message: /ended before it named an image/v});
	await t.throwsAsync(run(await daemonFor(t, [{errorDetail: {message: 'failed to solve: broken'}, error: 'x'}])), {code: 'invalid', message: 'Build failed: broken'});
	const own = {message: 'the disk is full', code: 'unavailable', remedy: 'free some space'};
	await t.throwsAsync(run(await daemonFor(t, [{errorDetail: {message: 'x'}, error: 'x', Holm: own}])), {code: 'unavailable', message: 'the disk is full'});
});

test('a build for files that none were sent of is an error', async t => {
	const takeFiles = async () => undefined;
	await t.throwsAsync(run(await daemonFor(t, []), {takeFiles}), {code: 'unavailable', message: /ended before it sent all files/v});
});
