import {Buffer} from 'node:buffer';
import {PassThrough, Writable} from 'node:stream';
import type {Context} from '../../../source/commands/command.js';
import type {Engine} from '../../../source/engine/engine.js';

export type Recorded = Context & {
	readonly stdin: PassThrough & {isTTY?: boolean; setRawMode?: (isRaw: boolean) => void};
	readonly output: () => string;
	readonly errors: () => string;
};

const recorder = () => {
	const chunks: Uint8Array[] = [];
	const stream = new Writable({
		write(chunk: Uint8Array, _encoding, done) {
			chunks.push(Buffer.from(chunk));
			done();
		},
	});
	return {stream, text: () => Buffer.concat(chunks).toString()};
};

export type Given = Partial<Omit<Context, 'engine' | 'stdin' | 'stdout' | 'stderr'>> & {
	readonly engine?: Partial<Engine>;
	/** Standard output is a terminal. */
	readonly isTerminal?: boolean;
};

/** A context over a partial engine, with recorded output. */
export const createContext = ({engine = {}, isTerminal = false, ...given}: Given = {}): Recorded => {
	const stdout = recorder();
	const stderr = recorder();
	return {
		engine: async () => engine as Engine,
		runningEngine: async () => engine as Engine,
		dockerHost: async () => ({environment: {}, defaults: {}, close: async () => undefined}),
		stdin: new PassThrough(),
		stdout: Object.assign(stdout.stream, {isTTY: isTerminal, columns: 80, rows: 24}),
		stderr: stderr.stream,
		environment: {},
		workingDirectory: '/work/here',
		now: () => Date.UTC(2026, 1, 25, 12),
		...given,
		output: stdout.text,
		errors: stderr.text,
	};
};

