import {once} from 'node:events';
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import process from 'node:process';

/** A compromised worker: it greets correctly, or with `greeting`, and answers every request with `reply`. */
const {socket, pidFile, key} = JSON.parse(process.argv[2]!) as {readonly socket: string; readonly pidFile: string; readonly key: string};
const {greeting = `${JSON.stringify({key})}\n`, reply} = JSON.parse(process.argv[3]!) as {readonly greeting?: string; readonly reply: string};
const startTime = readFileSync('/proc/self/stat', 'utf8').split(') ', 2)[1]!.split(' ', 20)[19];
writeFileSync(pidFile, JSON.stringify({pid: process.pid, startTime}));
rmSync(socket, {force: true});
const server = net.createServer(connection => {
	connection.on('error', () => undefined);
	connection.write(greeting);
	connection.on('data', () => {
		connection.write(reply);
	});
});
server.listen(socket);
await once(server, 'listening');
