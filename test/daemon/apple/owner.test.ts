import {once} from 'node:events';
import {chmod, mkdtemp, rm} from 'node:fs/promises';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {isServing, routeOf} from '../../../source/daemon/apple/owner.js';
import {applePaths} from '../../../source/daemon/apple/paths.js';

const paths = {directory: '/Users/ada/.holm', socket: '/Users/ada/.holm/holm.sock'};
const own = {uid: 501, mode: 0o700};

test('a daemon of the user\'s that serves comes before Apple\'s program', t => {
	t.is(routeOf(paths, {state: 'absent'}, 501), 'program');
	t.is(routeOf(paths, {directory: own, state: 'absent'}, 501), 'program');
	t.is(routeOf(paths, {directory: own, socket: own, state: 'absent'}, 501), 'program');
	t.is(routeOf(paths, {directory: own, socket: own, state: 'listening'}, 501), 'daemon');
});

test('what belongs to another user, or what others may replace, is refused', t => {
	t.throws(() => routeOf(paths, {directory: own, socket: own, state: 'forbidden'}, 501), {code: 'forbidden'});
	t.throws(() => routeOf(paths, {directory: own, socket: own, state: 'listening'}, 0), {
		code: 'forbidden', message: '/Users/ada/.holm belongs to the user with id 501, and this is the one with id 0',
	});
	t.throws(() => routeOf(paths, {directory: own, socket: {uid: 502, mode: 0o600}, state: 'listening'}, 501), {
		code: 'forbidden', message: /^\/Users\/ada\/\.holm\/holm\.sock belongs to the user with id 502/v,
	});
	for (const mode of [0o770, 0o702, 0o777]) {
		t.throws(() => routeOf(paths, {directory: {uid: 501, mode}, state: 'absent'}, 501), {
			code: 'forbidden', message: 'other users may write to /Users/ada/.holm',
		});
	}
});

test('nothing is said to a socket of another user\'s, and a socket without a daemon serves nothing', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const socket = path.join(directory, 'holm.sock');
	let connections = 0;
	const server = net.createServer(client => {
		connections++;
		client.destroy();
	}).listen(socket);
	await once(server, 'listening');
	await chmod(socket, 0o600);
	t.true(await isServing({directory, socket}));
	await t.throwsAsync(isServing({directory, socket}, process.getuid!() + 1), {code: 'forbidden'});
	t.is(connections, 1);
	server.close();
	await once(server, 'close');
	t.false(await isServing({directory, socket}));
	t.false(await isServing({directory: path.join(directory, 'none'), socket: path.join(directory, 'none/holm.sock')}));
});

test('the files of the daemon are in the user\'s home, or on a Mac in the root that is named', t => {
	const environment = {HOME: '/Users/ada'};
	t.is(applePaths({environment}).socket, '/Users/ada/.holm/holm.sock');
	t.is(applePaths({environment, root: '/tmp/x', platform: 'darwin'}).socket, '/tmp/x/holm.sock');
	t.is(applePaths({environment, root: '/var/lib/holm', platform: 'linux'}).socket, '/Users/ada/.holm/holm.sock');
	t.throws(() => applePaths({environment: {HOME: `/${'x'.repeat(90)}`}}), {code: 'invalid', message: /103 bytes/v});
});
