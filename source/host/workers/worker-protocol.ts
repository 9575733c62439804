import type net from 'node:net';

export type Hello = {readonly key: string};
export type Reply = {readonly answer: unknown} | {readonly error: {readonly code: string; readonly message: string; readonly remedy?: string}};

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
