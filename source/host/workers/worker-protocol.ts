import type net from 'node:net';

export type Hello = {readonly key: string};
export type Reply =
	| {readonly answer: unknown}
	| {readonly error: {readonly code: string; readonly message: string; readonly remedy?: string}};

/** Parameters of a worker, as JSON in its first argument. */
export type Station = {readonly socket: string; readonly pidFile: string; readonly key: string};

/** In characters; the largest tables have a hundredth of it. */
const maximumLine = 64 * 1024 * 1024;

export const lineOf = (value: unknown) => `${JSON.stringify(value)}\n`;

/** Closes the connection if the peer sends anything but lines of JSON. A worker is exposed to the network and may be compromised. */
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
	/** Directory of the worker's socket, lock, process id and log, created if missing. Only root may access it. */
	readonly directory: string;
	/** Distinct among the workers of one directory. */
	readonly name: string;
	/** The module that calls `serveWorker`. */
	readonly module: URL;
	/** Programs that start Node, such as `['nsenter', '--net=/run/netns/x', '--']`. Each must `exec` the next one. */
	readonly prefix?: readonly string[];
	readonly nodeArguments?: readonly string[];
	/** The worker's arguments, from `process.argv[3]` on. */
	readonly arguments?: readonly string[];
	/** A running worker is only reused if this is the same, such as the inode of its network namespace. */
	readonly key?: string;
	/** Time limit of a request; default 30 seconds. A worker that exceeds it is replaced. */
	readonly answerLimitMs?: number;
	/** The first request to a replacement worker, which restores the state of the one that died. */
	readonly state?: () => Request | undefined;
};
