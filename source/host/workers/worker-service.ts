import {once} from 'node:events';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {asHolmError} from '../../engine/errors.js';
import {startTimeOf, type ProcessIdentity} from './worker-process.js';
import {lineOf, readLines, type Hello, type Reply, type Station} from './worker-protocol.js';

export type WorkerUser = {readonly uid: number; readonly gid: number};

/**
The worker's side: answers requests one after another, in order.

`station` is `process.argv[2]`. The socket is created as the original user, usually root; then, before the first request, privileges are dropped to `user`. So the code that faces the network cannot write anywhere, not even to the worker's directory.
*/
export const serveWorker = async <Request, Answer>(
	station: string | undefined,
	handler: (request: Request) => Promise<Answer>,
	user?: WorkerUser,
): Promise<void> => {
	const {socket, pidFile, key} = JSON.parse(station ?? '') as Station;
	const replyTo = async (request: unknown): Promise<Reply> => {
		try {
			return {answer: await handler(request as Request)};
		} catch (error) {
			const {code, message, remedy} = asHolmError(error);
			return {error: {code, message, remedy}};
		}
	};

	let queue = Promise.resolve();
	const answer = async (connection: net.Socket, request: unknown) => {
		const reply = await replyTo(request);
		if (connection.writable) {
			connection.write(lineOf(reply));
		}
	};

	const server = net.createServer(connection => {
		connection.on('error', () => undefined);
		connection.write(lineOf({key} satisfies Hello));
		readLines(connection, request => {
			queue = queue.then(async () => answer(connection, request));
		});
	});

	process.umask(0o077);
	mkdirSync(path.dirname(socket), {recursive: true});
	writeFileSync(pidFile, lineOf({pid: process.pid, startTime: startTimeOf(process.pid) ?? ''} satisfies ProcessIdentity));
	// This process holds the lock, so the process of an old socket has ended.
	rmSync(socket, {force: true});
	server.listen(socket);
	await once(server, 'listening');
	if (!(user && process.getuid?.() === 0) || user.uid === 0) {
		return;
	}

	process.setgroups?.([]);
	process.setgid?.(user.gid);
	process.setuid?.(user.uid);
};
