import {Buffer} from 'node:buffer';
import {spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {
	mkdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import {
	mkdir,
	open,
	readFile,
	rm,
	type FileHandle,
} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {asHolmError, HolmError, isErrorCode} from '../errors.js';

/** A process by its number and by the moment it started (clock ticks since boot), which tells it from a later one of the same number. */
type ProcessIdentity = {readonly pid: number; readonly startTime: string};
type Hello = {readonly key: string};
type Reply = {readonly answer: unknown} | {readonly error: {readonly code: string; readonly message: string; readonly remedy?: string}};

/** What a worker is told of itself on its command line, as JSON in its first argument. */
type Station = {readonly socket: string; readonly pidFile: string; readonly key: string};

export type WorkerUser = {readonly uid: number; readonly gid: number};

export type WorkerOptions<Request> = {
	/** Directory of the worker's socket, lock, process id and log; made when it is missing. Belongs to root alone. */
	readonly directory: string;
	/** Distinct among the workers of one directory. */
	readonly name: string;
	/** The module that calls `serveWorker`. */
	readonly module: URL;
	/** Programs that node is started through, such as `['nsenter', '--net=/run/netns/x', '--']`; each must replace itself by what it starts. */
	readonly prefix?: readonly string[];
	readonly nodeArguments?: readonly string[];
	/** The worker finds them from `process.argv[3]` on. */
	readonly arguments?: readonly string[];
	/** What else a living worker must agree with to be used again, such as the inode of its network namespace. */
	readonly key?: string;
	/** How long a request may take; default 30 seconds. A worker that has not answered by then hangs, and another one takes its place. */
	readonly answerLimitMs?: number;
	/** The request that gives a new worker what the one that died knew; it is sent before any other. */
	readonly state?: () => Request | undefined;
};

export type Worker<Request, Answer> = {
	/** Requests are answered in their order. Rejects with the handler's `HolmError`. */
	readonly call: (request: Request) => Promise<Answer>;
	/** Of the present process; another one after a restart. */
	readonly pid: number;
	/** Ends the worker and removes its files. */
	readonly close: () => Promise<void>;
};

/** Exit status of `flock` when another process holds the lock: not one that node or the kernel gives. */
const heldStatus = 75;
const startLimitMs = 15_000;
const helloLimitMs = 5000;
const defaultAnswerLimitMs = 30_000;
const maximumLogBytes = 1024 * 1024;
/** In characters; the largest tables are a hundredth of it. */
const maximumLine = 64 * 1024 * 1024;

/** Field 22 of /proc/PID/stat, see proc(5); undefined for a process that is gone or only waits to be reaped. */
const startTimeOf = (pid: number): string | undefined => {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// The second field is a file name in parentheses and may contain anything.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return fields[0] === 'Z' ? undefined : fields[19];
	} catch {
		return undefined;
	}
};

const lineOf = (value: unknown) => `${JSON.stringify(value)}\n`;

/** A peer that sends something else than lines of JSON is hung up on: the worker deals with the world and may have been taken over by it. */
const readLines = (connection: net.Socket, receive: (value: unknown) => void) => {
	let rest = '';
	connection.setEncoding('utf8');
	connection.on('data', (text: string) => {
		rest += text;
		if (rest.length > maximumLine) {
			connection.destroy();
			return;
		}

		if (!text.includes('\n')) {
			return;
		}

		const lines = rest.split('\n');
		rest = lines.pop() ?? '';
		try {
			for (const line of lines) {
				receive(JSON.parse(line));
			}
		} catch {
			connection.destroy();
		}
	});
};

/**
The worker's side: answers requests one after another, in the order in which they come.

`station` is `process.argv[2]`. The socket is made by whoever started the process, root as a rule; then, before the first request, privileges are dropped to `user`. So the code that listens to the world can write nowhere, the worker's own directory included.
*/
export const serveWorker = async <Request, Answer>(station: string | undefined, handler: (request: Request) => Promise<Answer>, user?: WorkerUser): Promise<void> => {
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
	// The lock is held, so whoever made this socket is gone.
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

type Link = {
	readonly hello: Hello;
	readonly send: (request: unknown) => Promise<unknown>;
	/** Resolves when the connection has ended, whatever the reason. */
	readonly ended: Promise<void>;
	readonly isOpen: () => boolean;
	readonly destroy: () => void;
};

/** The error that a worker answered with, of whatever form it is. */
const errorOf = (name: string, {code, message, remedy}: Readonly<Record<string, unknown>>) =>
	new HolmError(typeof code === 'string' && isErrorCode(code) ? code : 'internal', typeof message === 'string' ? message : `The worker ${name} failed and did not say why`, {
		remedy: typeof remedy === 'string' ? remedy : undefined,
	});

/** Resolves with undefined when nobody listens there and with `silent` when what listens does not say who it is. */
const connect = async (socket: string, name: string): Promise<Link | 'silent' | undefined> => {
	const connection = net.connect(socket);
	const greeting = Promise.withResolvers<Hello | 'silent' | undefined>();
	const ended = Promise.withResolvers<void>();
	const waiting: Array<PromiseWithResolvers<unknown>> = [];
	const limit = setTimeout(() => {
		greeting.resolve('silent');
		connection.destroy();
	}, helloLimitMs);
	let isGreeted = false;
	// What throws in here hangs up.
	readLines(connection, value => {
		if (!isGreeted) {
			isGreeted = true;
			const {key} = value as Hello;
			greeting.resolve({key});
			return;
		}

		const reply = value as Reply;
		if ('error' in reply) {
			const error = errorOf(name, reply.error);
			waiting.shift()?.reject(error);
		} else {
			waiting.shift()?.resolve(reply.answer);
		}
	});
	// Every error is followed by 'close'.
	connection.on('error', () => undefined);
	connection.on('close', () => {
		clearTimeout(limit);
		// One that is just ending says nothing at all.
		greeting.resolve(connection.bytesRead === 0 ? undefined : 'silent');
		for (const {reject} of waiting.splice(0)) {
			reject(new HolmError('unavailable', `The worker ${name} ended before it had answered`));
		}

		ended.resolve();
	});

	const hello = await greeting.promise;
	clearTimeout(limit);
	if (!hello || hello === 'silent') {
		return hello;
	}

	// Only an unanswered request keeps the daemon's event loop alive.
	connection.unref();
	return {
		hello,
		async send(request) {
			const reply = Promise.withResolvers<unknown>();
			waiting.push(reply);
			connection.ref();
			connection.write(lineOf(request));
			return reply.promise.finally(() => {
				if (waiting.length === 0) {
					connection.unref();
				}
			});
		},
		ended: ended.promise,
		isOpen: () => !connection.destroyed,
		destroy() {
			connection.destroy();
		},
	};
};

const isAlive = ({pid, startTime}: ProcessIdentity) => startTimeOf(pid) === startTime;

const signalTo = ({pid}: ProcessIdentity, signal: NodeJS.Signals) => {
	try {
		process.kill(pid, signal);
	} catch {
		// It ended by itself in the meantime.
	}
};

const end = async (identity: ProcessIdentity | undefined): Promise<void> => {
	if (!identity) {
		return;
	}

	for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
		for (let waited = 0; waited < 2000 && isAlive(identity); waited += 10) {
			if (waited === 0) {
				signalTo(identity, signal);
			}

			await sleep(10);
		}
	}
};

/** What the worker wrote while it was root: what it says later is no reason to end a process. */
const readIdentity = async (pidFile: string): Promise<ProcessIdentity | undefined> => {
	try {
		return JSON.parse(await readFile(pidFile, 'utf8')) as ProcessIdentity;
	} catch {
		return undefined;
	}
};

const filesOf = (directory: string, name: string) => ({
	socket: path.join(directory, `${name}.sock`),
	pidFile: path.join(directory, `${name}.pid`),
	lock: path.join(directory, `${name}.lock`),
	log: path.join(directory, `${name}.log`),
});

type Attempt = {
	/** `held` when another process has the lock, otherwise why the worker ended; undefined as long as it runs. */
	readonly ending: () => 'held' | {readonly failure: string} | undefined;
	readonly kill: () => void;
};

/** The lock is the kernel's and is held by the worker for its whole life, so there are never two, and none is left behind by one that died. */
const spawnWorker = (options: WorkerOptions<never>, key: string, output: FileHandle): Attempt => {
	const {lock, log, ...station} = filesOf(options.directory, options.name);
	const child = spawn('flock', [
		'--nonblock',
		`--conflict-exit-code=${heldStatus}`,
		'--no-fork',
		lock,
		...options.prefix ?? [],
		process.execPath,
		...options.nodeArguments ?? [],
		fileURLToPath(options.module),
		JSON.stringify({...station, key} satisfies Station),
		...options.arguments ?? [],
	], {
		cwd: '/',
		detached: true,
		env: {PATH: process.env.PATH},
		stdio: ['ignore', output.fd, output.fd],
	});
	child.unref();
	let ending: ReturnType<Attempt['ending']>;
	child.on('error', error => {
		ending = {failure: error.message};
	});
	child.on('exit', (status, signal) => {
		ending = status === heldStatus ? 'held' : {failure: signal ?? `exit status ${status}`};
	});
	return {
		ending: () => ending,
		kill() {
			if (!ending) {
				child.kill('SIGKILL');
			}
		},
	};
};

/** Starts a worker and resolves with the connection to it, or to the one that holds the lock already; undefined when neither answers in time. */
const launch = async (options: WorkerOptions<never>, key: string): Promise<Link | undefined> => {
	const {directory, name} = options;
	const {socket, log} = filesOf(directory, name);
	await using output = await open(log, 'a', 0o600);
	const {size} = await output.stat();
	if (size > maximumLogBytes) {
		await output.truncate();
	}

	let current = spawnWorker(options, key, output);
	for (const deadline = Date.now() + startLimitMs; Date.now() < deadline;) {
		const link = await connect(socket, name);
		if (link === 'silent') {
			break;
		}

		if (link) {
			return link;
		}

		const ending = current.ending();
		if (ending === 'held') {
			// By one that is starting, hangs, or is about to be gone.
			await sleep(50);
			current = spawnWorker(options, key, output);
		} else if (ending) {
			throw new HolmError('unavailable', `The worker ${name} ended as it started: ${ending.failure}`, {remedy: `${log} says why`});
		}

		await sleep(10);
	}

	current.kill();
	return undefined;
};

/**
The daemon's side: finds the living worker of this name or starts one, and keeps it: a worker that dies is started again, at once, and given its `state`.

Throws `unavailable` when it cannot be started and `invalid` when the directory's path is too long for a socket.
*/
export const openWorker = async <Request, Answer>(options: WorkerOptions<Request>): Promise<Worker<Request, Answer>> => {
	const {directory, name, state, answerLimitMs = defaultAnswerLimitMs} = options;
	const files = filesOf(directory, name);
	if (Buffer.byteLength(files.socket) > 107) {
		throw new HolmError('invalid', `The path ${files.socket} is too long for a socket`, {remedy: 'choose a shorter root directory'});
	}

	await mkdir(directory, {recursive: true, mode: 0o700});
	const key = createHash('sha256')
		.update(JSON.stringify([process.execPath, options.module.href, options.prefix, options.nodeArguments, options.arguments, options.key]))
		.digest('hex');

	const reach = async (): Promise<Link & {readonly identity: ProcessIdentity}> => {
		for (let attempt = 0; attempt < 3; attempt++) {
			const reached = await connect(files.socket, name) ?? await launch(options as WorkerOptions<never>, key);
			const link = reached === 'silent' ? undefined : reached;
			const identity = await readIdentity(files.pidFile);
			if (identity && link?.hello.key === key) {
				return {...link, identity};
			}

			// One that hangs, or one of another configuration.
			link?.destroy();
			await end(identity);
		}

		throw new HolmError('unavailable', `The worker ${name} does not answer`, {remedy: `${files.log} may say why`});
	};

	let link = await reach();
	let isClosed = false;
	let queue: Promise<unknown> = Promise.resolve();
	const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
		const result = queue.then(work);
		queue = result.catch(() => undefined);
		return result;
	};

	const ask = async (request: Request) => {
		const {identity} = link;
		const limit = setTimeout(() => {
			void end(identity);
		}, answerLimitMs);
		try {
			return await link.send(request);
		} finally {
			clearTimeout(limit);
		}
	};

	const restore = async () => {
		if (isClosed) {
			throw new HolmError('unavailable', `The worker ${name} was closed`);
		}

		if (link.isOpen()) {
			return;
		}

		link = await reach();
		watch();
		const request = state?.();
		try {
			if (request !== undefined) {
				await ask(request);
			}
		} catch (error) {
			// Whoever gave the state was told then what of it fails.
			if (!link.isOpen()) {
				throw error;
			}
		}
	};

	const revive = async (delayMs: number): Promise<void> => {
		await sleep(delayMs, undefined, {ref: false});
		try {
			await inTurn(restore);
		} catch {
			if (!isClosed && !link.isOpen()) {
				await revive(Math.min(delayMs * 2, 30_000));
			}
		}
	};

	const watch = () => {
		void link.ended.then(async () => isClosed ? undefined : revive(100));
	};

	watch();
	return {
		call: async request => inTurn(async () => {
			await restore();
			try {
				return await ask(request) as Answer;
			} catch (error) {
				if (link.isOpen()) {
					throw error;
				}
			}

			// It died before it had answered, or had died unnoticed.
			await restore();
			return await ask(request) as Answer;
		}),
		get pid() {
			return link.identity.pid;
		},
		close: async () => inTurn(async () => {
			isClosed = true;
			link.destroy();
			await end(link.identity);
			await Promise.all([files.socket, files.pidFile].map(async file => rm(file, {force: true})));
		}),
	};
};
