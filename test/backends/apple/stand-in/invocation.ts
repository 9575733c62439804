import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import type {Socket} from 'node:net';
import {PassThrough, type Readable} from 'node:stream';

/** One run of the stand-in's program. */
export type Invocation = {
	readonly words: readonly string[];
	/** Which failure to show in place of doing anything. */
	readonly failure?: string;
	readonly hasTerminal: boolean;
	/** Begins to read its input. */
	readonly input: () => Readable;
	readonly out: (bytes: Uint8Array | string) => Promise<void>;
	readonly err: (bytes: Uint8Array | string) => Promise<void>;
	/** Called with the number of each signal that it gets. */
	onSignal?: (number: number) => void;
	/** Aborts when the program is gone. */
	readonly gone: AbortSignal;
};

/** An end with a status and a complaint. */
export class Refusal extends Error {
	constructor(message: string, readonly status = 1) {
		super(message);
	}
}

const frame = (letter: string, content: Uint8Array | string): Buffer => {
	const bytes = Buffer.from(content as string);
	const head = Buffer.alloc(5);
	head.write(letter, 'latin1');
	head.writeUInt32BE(bytes.length, 1);
	return Buffer.concat([head, bytes]);
};

/** Serves one connection of the program. */
export const serveInvocation = (socket: Socket, run: (invocation: Invocation) => Promise<number>): void => {
	const words: string[] = [];
	const stdin = new PassThrough();
	const gone = new AbortController();
	let failure: string | undefined;
	let hasTerminal = false;
	let received: Buffer = Buffer.alloc(0);
	let invocation: Invocation | undefined;
	const send = async (letter: string, content: Uint8Array | string) => {
		if (!socket.destroyed && !socket.write(frame(letter, content))) {
			await Promise.race([
				once(socket, 'drain', {signal: gone.signal}),
				once(socket, 'close', {signal: gone.signal}),
			]).catch(() => undefined);
		}
	};

	const start = async () => {
		invocation = {
			words,
			failure,
			hasTerminal,
			input() {
				void send('n', '');
				return stdin;
			},
			out: async bytes => send('o', bytes),
			err: async bytes => send('r', bytes),
			gone: gone.signal,
		};
		let status: number;
		try {
			status = await run(invocation);
		} catch (error) {
			await send('r', `Error: ${error instanceof Error ? error.message : String(error)}\n`);
			status = error instanceof Refusal ? error.status : 1;
		}

		await send('x', String(status));
		socket.end();
	};

	const take = (letter: string, content: Buffer) => {
		switch (letter) {
			case 'a': {
				words.push(content.toString());
				break;
			}

			case 'f': {
				failure = content.toString();
				break;
			}

			case 'w': {
				hasTerminal = true;
				break;
			}

			case 'g': {
				void start();
				break;
			}

			case 'i': {
				stdin.write(content);
				break;
			}

			case 'e': {
				stdin.end();
				break;
			}

			default: {
				invocation?.onSignal?.(Number(content.toString()));
			}
		}
	};

	socket.on('data', (chunk: Buffer) => {
		received = Buffer.concat([received, chunk]);
		while (received.length >= 5) {
			const length = received.readUInt32BE(1);
			if (received.length < 5 + length) {
				return;
			}

			const content = received.subarray(5, 5 + length);
			const letter = received.toString('latin1', 0, 1);
			received = received.subarray(5 + length);
			take(letter, content);
		}
	});
	socket.on('error', () => undefined);
	socket.on('close', () => {
		gone.abort();
		stdin.end();
	});
};
