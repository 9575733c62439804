import type {Container} from '../../../engine/resources.js';
import type {Random} from '../random.js';

export type Line = {readonly stream: 'stdout' | 'stderr'; readonly text: string};

/** The log of a service: its lines and when they come. Everything follows from the random numbers and the time. */
export type LogGenerator = {
	/** Milliseconds until the next lines. */
	readonly pause: (random: Random) => number;
	/** The lines of a start. */
	readonly greet: (now: number) => readonly Line[];
	readonly speak: (random: Random, now: number) => readonly Line[];
	/** For a service that fails: milliseconds until it does, and the last lines. */
	readonly failure?: {readonly lifetime: (random: Random) => number; readonly lines: (random: Random, now: number) => readonly Line[]};
};

const out = (text: string): Line => ({stream: 'stdout', text: `${text}\n`});
const error = (text: string): Line => ({stream: 'stderr', text: `${text}\n`});

const iso = (now: number) => new Date(now).toISOString();
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const clf = (now: number) => {
	const [year, month, day] = iso(now).slice(0, 10).split('-', 3);
	return `${day}/${months[Number(month) - 1]}/${year}:${iso(now).slice(11, 19)} +0000`;
};

const paths = ['/', '/products', '/products/17', '/cart', '/cart/checkout', '/static/app.css', '/static/app.js', '/api/orders', '/api/orders?status=open', '/login', '/favicon.ico', '/health'];
const agents = [
	'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
	'curl/8.14.1',
	'kube-probe/1.33',
];
const statuses = [200, 200, 200, 200, 200, 200, 200, 304, 304, 302, 404, 500];

/** Mostly short pauses, now and then a long one. */
const between = (shortest: number, longest: number) => (random: Random) =>
	Math.round(shortest + ((random.next() ** 2) * (longest - shortest)));

/** By the first digit of a status. */
const colours: Readonly<Record<number, string>> = {2: '0', 3: '32', 4: '33', 5: '35;1'};

const client = (random: Random) => `192.168.65.${random.integer(1, 40)}`;

/** A Flask application: coloured access lines on standard error, and its own on standard output. */
const flask: LogGenerator = {
	pause: between(250, 4000),
	greet: () => [
		out(' * Serving Flask app \'app\''),
		error('\u{1B}[31m\u{1B}[1mWARNING: This is a development server. Do not use it in a production deployment.\u{1B}[0m'),
		error(' * Running on all addresses (0.0.0.0)'),
	],
	speak(random, now) {
		const status = random.pick(statuses);
		const request = `GET ${random.pick(paths)} HTTP/1.1`;
		const line = `${client(random)} - - [${clf(now).replace(':', ' ').slice(0, 20)}] "\u{1B}[${colours[Math.floor(status / 100)]}m${request}\u{1B}[0m" ${status} -`;
		const trace = ['Traceback (most recent call last):', '  File "/app/app.py", line 19, in hello', 'redis.exceptions.TimeoutError: Timeout reading from socket'];
		return [...status === 500 ? trace : [], line].map(text => error(text));
	},
};

const redisTime = (now: number) => `${iso(now).slice(8, 10)} ${months[new Date(now).getUTCMonth()]} ${iso(now).slice(0, 4)} ${iso(now).slice(11, -1)}`;

const redis: LogGenerator = {
	pause: between(4000, 40_000),
	greet: now => [
		'Redis version=8.4.0, bits=64, commit=00000000, modified=0, pid=1, just started',
		'Running mode=standalone, port=6379.',
		'Server initialized',
		'Ready to accept connections tcp',
	].map(text => out(`1:M ${redisTime(now)} * ${text}`)),
	speak: (random, now) => [
		`1:M ${redisTime(now)} * ${random.integer(100, 400)} changes in 60 seconds. Saving...`,
		`1:M ${redisTime(now)} * Background saving started by pid ${random.integer(20, 900)}`,
		`1:M ${redisTime(now + 90)} * Background saving terminated with success`,
	].map(text => out(text)),
};

const nginxTime = (now: number) => iso(now).slice(0, 19).replaceAll('-', '/').replace('T', ' ');

const nginx: LogGenerator = {
	pause: between(150, 2500),
	greet: now => [
		out('/docker-entrypoint.sh: Configuration complete; ready for start up'),
		...['using the "epoll" event method', 'nginx/1.29.5', 'start worker processes'].map(text => error(`${nginxTime(now)} [notice] 1#1: ${text}`)),
	],
	speak(random, now) {
		const status = random.pick(statuses);
		const path = random.pick(paths);
		const access = out(`${client(random)} - - [${clf(now)}] "GET ${path} HTTP/1.1" ${status} ${random.integer(120, 60_000)} "-" "${random.pick(agents)}" "-"`);
		return status === 404
			? [error(`${nginxTime(now)} [error] 30#30: *${random.integer(1, 9000)} open() "/usr/share/nginx/html${path}" failed (2: No such file or directory), client: ${client(random)}, server: localhost, request: "GET ${path} HTTP/1.1", host: "localhost:8080"`), access]
			: [access];
	},
};

const levels = ['debug', 'info', 'info', 'info', 'warn', 'error'] as const;
const messages = {
	debug: ['cache hit', 'connection reused', 'query planned'],
	info: ['request completed', 'order created', 'session opened', 'job scheduled'],
	warn: ['slow query', 'retrying after timeout', 'rate limit near'],
	error: ['payment declined', 'upstream answered 502'],
} as const;

/** JSON lines as structured loggers write them; now and then one that is thousands of characters long. */
const json: LogGenerator = {
	pause: between(120, 2200),
	greet: now => [out(JSON.stringify({level: 'info', time: iso(now), msg: 'listening', port: 3000, pid: 1}))],
	speak(random, now) {
		const level = random.pick(levels);
		const isLong = random.next() < 0.02;
		return [out(JSON.stringify({
			level,
			time: iso(now),
			msg: random.pick<string>(messages[level]),
			request: random.hex(16),
			path: random.pick(paths),
			duration_ms: Math.round(random.next() ** 3 * 90_000) / 100,
			user: random.next() < 0.3 ? null : random.integer(1, 5000),
			...isLong && {items: Array.from({length: 90}, () => ({sku: random.hex(10), quantity: random.integer(1, 9)}))},
		}))];
	},
};

const postgres: LogGenerator = {
	pause: between(3000, 30_000),
	greet: now => [
		'starting PostgreSQL 18.2 on x86_64-pc-linux-musl',
		'listening on IPv4 address "0.0.0.0", port 5432',
		'database system is ready to accept connections',
	].map(text => error(`${iso(now).replace('T', ' ').slice(0, 23)} UTC [1] LOG:  ${text}`)),
	speak(random, now) {
		const stamp = `${iso(now).replace('T', ' ').slice(0, 23)} UTC [${random.integer(40, 400)}]`;
		return random.next() < 0.2
			? [error(`${stamp} ERROR:  duplicate key value violates unique constraint "orders_pkey"`), error(`${stamp} DETAIL:  Key (id)=(${random.integer(1, 90_000)}) already exists.`)]
			: [error(`${stamp} LOG:  checkpoint complete: wrote ${random.integer(3, 900)} buffers (0.${random.integer(1, 9)}%); write=${random.integer(1, 90)}.${random.integer(0, 999)} s`)];
	},
};

/** A worker that writes plain lines with a level in colour. */
const plain: LogGenerator = {
	pause: between(700, 9000),
	greet: now => [out(`${iso(now)} \u{1B}[32mINFO \u{1B}[0m worker ready, waiting for jobs`)],
	speak: (random, now) => random.next() < 0.12
		? [error(`${iso(now)} \u{1B}[33mWARN \u{1B}[0m job ${random.hex(8)} took ${random.integer(5, 60)} s`)]
		: [out(`${iso(now)} \u{1B}[32mINFO \u{1B}[0m job ${random.hex(8)} done in ${random.integer(4, 4000)} ms`)],
};

/** A worker that fails every few minutes. */
const flaky: LogGenerator = {
	...plain,
	failure: {
		lifetime: random => random.integer(40_000, 200_000),
		lines: (random, now) => [
			error(`${iso(now)} \u{1B}[31mERROR\u{1B}[0m job ${random.hex(8)} failed`),
			error('Error: connect ECONNREFUSED 192.168.66.2:5432'),
			error('    at Queue.take (/app/queue.js:88:13)'),
		],
	},
};

export const logGenerators = {
	flask, flaky, json, nginx, plain, postgres, redis,
} as const;

export type LogName = keyof typeof logGenerators;

/** The label of a simulated container that names its log generator. */
export const logLabel = 'holm.demo.log';

/** By program, for containers of known images. */
const byProgram: Readonly<Record<string, LogName>> = {
	'redis-server': 'redis', nginx: 'nginx', postgres: 'postgres', python: 'flask',
};

/** The log generator of a container; undefined for one that only runs its program. */
export const logGeneratorOf = ({configuration: {labels}, process}: Container): LogGenerator | undefined => {
	const [first = '', second = ''] = process.arguments;
	const name = labels[logLabel] ?? byProgram[first.endsWith('docker-entrypoint.sh') ? second : first] ?? '';
	return Object.hasOwn(logGenerators, name) ? logGenerators[name as LogName] : undefined;
};
