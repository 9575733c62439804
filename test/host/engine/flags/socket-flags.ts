import {once} from 'node:events';
import {chmod, chown} from 'node:fs/promises';
import {createServer} from 'node:net';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {pathsOf} from '../../../../source/host/store/paths.js';
import type {World} from '../world.js';

/** Bind mounts of sockets. */
export const socketFlagTests = (world: World): void => {
	world.test('sockets of the host: many connections, half-closed ones, the engine\'s own, gone ones', async t => {
		const at = (name: string) => path.join(world.directory, name);
		const listen = async () => {
			const server = createServer({allowHalfOpen: true}, socket => {
				socket.on('error', () => undefined);
				void text(socket).then(question => {
					socket.end(`${question.toUpperCase()}${question.length}`);
				}, () => undefined);
			}).listen(at('echo.sock'));
			await once(server, 'listening');
			return server;
		};

		const first = await listen();
		await chmod(at('echo.sock'), 0o640);
		await chown(at('echo.sock'), 0, 50);
		const created = await world.run(['run', '-d', '--name', 'relayed', '-v', `${at('echo.sock')}:/run/echo.sock`, '-v', `${pathsOf(world.root).socket}:/var/run/docker.sock`, 'box', 'sleep', '1000']);
		t.regex(created.stderr, /^WARNING: \/var\/run\/docker\.sock is this engine's socket/mv);
		t.is(await world.holm('exec', 'relayed', 'stat', '-c', '%F %u %g %a', '/run/echo.sock'), 'socket 0 50 640');
		const ask = async (words: string) => world.holm('exec', 'relayed', 'sh', '-c', `${words} | socat -t 60 - UNIX-CONNECT:/run/echo.sock`);
		t.is(await ask('printf question'), 'QUESTION8', 'the end of the question arrives, and the answer after it');
		t.is(await world.holm('exec', 'relayed', 'sh', '-c', String.raw`head -c 3000000 /dev/zero | tr "\0" x | socat -t 60 - UNIX-CONNECT:/run/echo.sock | tail -c 7`), '3000000');
		const many = await world.holm('exec', 'relayed', 'sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do printf "n$i." | socat -t 60 - UNIX-CONNECT:/run/echo.sock & done; wait');
		t.deepEqual(many.split(/(?<=\.\d)/v).toSorted(), Array.from({length: 12}, (_, index) => `N${index + 1}.${`${index + 1}`.length + 2}`).toSorted());
		const version = await world.holm('exec', 'relayed', 'sh', '-c', String.raw`printf "GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" | socat -t 60 - UNIX-CONNECT:/var/run/docker.sock`);
		t.regex(version, /^HTTP\/1\.1 200 OK[\s\S]*"ApiVersion"/v);

		// The server of the socket restarts, then the engine, then the container.
		first.close();
		await once(first, 'close');
		const second = await listen();
		t.is(await ask('printf again'), 'AGAIN5');
		await world.holm('system', 'stop');
		await world.holm('ps');
		t.is(await ask('printf adopted'), 'ADOPTED7');
		await world.holm('restart', '-t', '0', 'relayed');
		t.is(await ask('printf restarted'), 'RESTARTED9');
		second.close();
		await once(second, 'close');
		await world.holm('stop', '-t', '0', 'relayed');
		const {status, stderr} = await world.run(['start', 'relayed']);
		t.is(status, 1);
		t.regex(stderr, /echo\.sock cannot be mounted: there is no such file or directory/v);
		await world.holm('rm', 'relayed');
	});
};
