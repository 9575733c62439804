import {Buffer} from 'node:buffer';
import os from 'node:os';
import type {Invocation, Program} from '../process.js';
import {pathIn} from './paths.js';

const {SIGINT, SIGQUIT, SIGTERM} = os.constants.signals;

/** Resolves with the first of these signals that comes. */
const nextSignal = async ({onSignal}: Invocation, signals: readonly number[]): Promise<number> => {
	const {promise, resolve} = Promise.withResolvers<number>();
	for (const signal of signals) {
		onSignal(signal, () => {
			resolve(signal);
		});
	}

	return promise;
};

/** A service that only waits to be stopped. */
export const waitForEnd: Program = async invocation => {
	await nextSignal(invocation, [SIGTERM, SIGINT, SIGQUIT]);
	return 0;
};

const redisTime = (now: number) => {
	const date = new Date(now);
	const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
	return `${String(date.getUTCDate()).padStart(2, '0')} ${months[date.getUTCMonth()]} ${date.toISOString().slice(0, 4)} ${date.toISOString().slice(11, -1)}`;
};

/** A Redis server as far as its log goes. */
export const redis: Program = async invocation => {
	const {host, stdout} = invocation;
	const say = async (mark: string, text: string) => stdout.write(`1:M ${redisTime(host.now())} ${mark} ${text}\n`);
	const stopped = nextSignal(invocation, [SIGTERM, SIGINT]);
	await say('*', 'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
	await say('*', 'Redis version=8.4.0, bits=64, commit=00000000, modified=0, pid=1, just started');
	await say('#', 'Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf');
	await say('*', 'Running mode=standalone, port=6379.');
	await say('*', 'Server initialized');
	await say('*', 'Ready to accept connections tcp');
	const signal = await stopped;
	await say('*', `Received ${signal === SIGTERM ? 'SIGTERM' : 'SIGINT'} scheduling shutdown...`);
	await say('*', 'User requested shutdown...');
	await say('*', 'Saving the final RDB snapshot before exiting.');
	await say('*', 'DB saved on disk');
	await say('#', 'Redis is now ready to exit, bye bye...');
	return 0;
};

/** An nginx as far as its log goes. */
export const nginx: Program = async invocation => {
	const {host, stderr} = invocation;
	const say = async (text: string) => stderr.write(`${new Date(host.now()).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')} [notice] 1#1: ${text}\n`);
	const stopped = nextSignal(invocation, [SIGQUIT, SIGTERM, SIGINT]);
	await say('using the "epoll" event method');
	await say('nginx/1.29.5');
	await say('OS: Linux 6.12.0');
	await say('start worker processes');
	await say('start worker process 30');
	const signal = await stopped;
	await say(`signal ${signal} (${signal === SIGQUIT ? 'SIGQUIT' : 'SIGTERM'}) received, ${signal === SIGQUIT ? 'shutting down' : 'exiting'}`);
	await say('worker process 30 exited with code 0');
	await say('exit');
	return 0;
};

/** A PostgreSQL server as far as its log goes. */
export const postgres: Program = async invocation => {
	const {host, stderr} = invocation;
	const say = async (text: string) => stderr.write(`${new Date(host.now()).toISOString().slice(0, 23).replace('T', ' ')} UTC [1] LOG:  ${text}\n`);
	const stopped = nextSignal(invocation, [SIGTERM, SIGINT, SIGQUIT]);
	await say('starting PostgreSQL 18.2 on x86_64-pc-linux-musl, compiled by gcc (Alpine 15.2.0) 15.2.0, 64-bit');
	await say('listening on IPv4 address "0.0.0.0", port 5432');
	await say('database system is ready to accept connections');
	await stopped;
	await say('received fast shutdown request');
	await say('database system is shut down');
	return 0;
};

/** Python, which here runs nothing but serves what looks like a Flask application, as far as its log goes. */
export const python: Program = async invocation => {
	const {command, directory, host, stdout, stderr} = invocation;
	const file = command.slice(1).find(argument => !argument.startsWith('-'));
	if (file === undefined) {
		await stdout.write('Python 3.10.19\n');
		return 0;
	}

	const path = pathIn(directory, file);
	const node = host.files.find(path)?.node;
	if (node?.type !== 'file') {
		await stderr.write(`python: can't open file '${path}': [Errno 2] No such file or directory\n`);
		return 2;
	}

	if (!/\bflask\b/iv.test(Buffer.from(node.content).toString())) {
		return 0;
	}

	const port = /port=(?<port>\d+)/v.exec(Buffer.from(node.content).toString())?.groups?.port ?? '5000';
	const stopped = nextSignal(invocation, [SIGINT, SIGTERM]);
	await stdout.write(` * Serving Flask app '${file.replaceAll(/^.*\/|\.py$/gv, '')}'\n * Debug mode: off\n`);
	await stderr.write('\u{1B}[31m\u{1B}[1mWARNING: This is a development server. Do not use it in a production deployment. Use a production WSGI server instead.\u{1B}[0m\n');
	await stderr.write(` * Running on all addresses (0.0.0.0)\n * Running on http://127.0.0.1:${port}\n * Running on http://${host.address ?? '127.0.0.1'}:${port}\n`);
	await stderr.write('\u{1B}[33mPress CTRL+C to quit\u{1B}[0m\n');
	await stopped;
	return 0;
};
