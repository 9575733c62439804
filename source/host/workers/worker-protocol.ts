import type net from 'node:net';

export type Hello = {readonly key: string};
export type Reply =
	| {readonly answer: unknown}
	| {readonly error: {readonly code: string; readonly message: string; readonly remedy?: string}};

/** What a worker is told of itself on its command line, as JSON in its first argument. */
export type Station = {readonly socket: string; readonly pidFile: string; readonly key: string};

/** In characters; the largest tables are a hundredth of it. */
const maximumLine = 64 * 1024 * 1024;

export const lineOf = (value: unknown) => `${JSON.stringify(value)}\n`;

/** A peer that sends something else than lines of JSON is hung up on: the worker deals with the world and may have been taken over by it. */
export const readLines = (connection: net.Socket, receive: (value: unknown) => void) => {
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
