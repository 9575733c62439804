/** A server that returns what it gets: `node dist/bench/echo.js ADDRESS PORT`. */
import net from 'node:net';
import process from 'node:process';

const [host, port] = process.argv.slice(2);
net.createServer({allowHalfOpen: true, noDelay: true}, connection => {
	connection.on('error', () => undefined);
	connection.pipe(connection);
}).listen({host, port: Number(port), backlog: 4096});
