import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import net from 'node:net';
import {userInfo} from 'node:os';
import test from 'ava';
import ssh2 from 'ssh2';
import {startPulse} from '../../../source/backends/ssh/pulse.js';
import {findObstacle, startServer, startWay} from './helpers/server.js';

const obstacle = await findObstacle();
const sshTest = obstacle === undefined ? test : test.skip;

sshTest(`a connection that is silent but answers stays, and one that answers no more is ended${obstacle === undefined ? '' : ` (${obstacle})`}`, async t => {
	const server = await startServer();
	const way = await startWay(server.port);
	t.teardown(async () => {
		way.close();
		await server.close();
	});
	const account = await server.account();
	const socket = net.connect(way.port, '127.0.0.1');
	const client = new ssh2.Client();
	client.on('error', () => undefined);
	client.connect({sock: socket, username: userInfo().username, privateKey: await readFile(account.file('id_ed25519'))});
	await once(client, 'ready');
	// Long enough for a machine that is busy to answer within three of them.
	startPulse(client, socket, 500);
	for (let answers = 0; answers < 3; answers++) {
		await once(socket, 'data');
	}

	t.false(socket.destroyed);
	way.silence();
	const [error] = await once(socket, 'error') as [NodeJS.ErrnoException];
	t.is(error.code, 'ETIMEDOUT');
});
