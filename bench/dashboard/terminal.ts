import {Buffer} from 'node:buffer';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {setTimeout as sleep} from 'node:timers/promises';

/** A chunk of a program's output; `at` is in milliseconds since its start. */
export type Written = {readonly at: number; readonly bytes: Buffer};

export type BenchTerminal = {
	/** Process id of the program. */
	readonly pid: number;
	/** All output so far. */
	readonly written: readonly Written[];
	/** Types a key; resolves with the time at which the terminal had it, in milliseconds since the start. */
	readonly press: (key: string) => Promise<number>;
	/** Waits until the function returns a value; calls it after every output. Rejects after `patience` milliseconds and when the program exits. */
	readonly until: <Found>(look: () => Found | undefined, patience?: number) => Promise<Found>;
	/** Waits until there was no output for so many milliseconds. */
	readonly isQuiet: (milliseconds: number) => Promise<void>;
	/** Kills the program and waits for its exit. */
	readonly close: () => Promise<void>;
};

export type BenchTerminalOptions = {
	readonly command: readonly string[];
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly columns?: number;
	readonly rows?: number;
};

const helper = fileURLToPath(new URL('../../../bench/dashboard/terminal.py', import.meta.url));
const headLength = 13;
const recheck = 20;

/** Runs a program in a pseudo-terminal. A helper process takes the timestamps, so that delays of this process do not count. */
export const openTerminal = async ({command, environment, columns = 160, rows = 50}: BenchTerminalOptions): Promise<BenchTerminal> => {
	const child = spawn('python3', [helper, String(columns), String(rows), ...command], {
		stdio: ['pipe', 'pipe', 'inherit'],
		env: {...environment, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8'},
	});
	const started = Promise.withResolvers<number>();
	const written: Written[] = [];
	const typed: number[] = [];
	let startedAt = 0;
	let isEnded = false;
	let held: Buffer = Buffer.alloc(0);
	const take = (kind: string, at: number, bytes: Buffer) => {
		if (kind === 's') {
			startedAt = at;
			started.resolve(Number(bytes.toString()));
		} else if (kind === 'o') {
			written.push({at: at - startedAt, bytes});
		} else if (kind === 'i') {
			typed.push(at - startedAt);
		}
	};

	child.stdout.on('data', (chunk: Buffer) => {
		held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
		while (held.length >= headLength) {
			const end = headLength + held.readUInt32LE(9);
			if (held.length < end) {
				break;
			}

			take(held.toString('latin1', 0, 1), Number(held.readBigUInt64LE(1)) / 1e6, held.subarray(headLength, end));
			held = held.subarray(end);
		}
	});
	const closed = once(child, 'close');
	child.once('error', started.reject);
	void closed.then(() => {
		isEnded = true;
		started.reject(new Error(`${command[0]!} did not start`));
	}).catch(() => undefined);
	const pid = await started.promise;

	const until: BenchTerminal['until'] = async (look, patience = 30_000) => {
		const end = performance.now() + patience;
		for (;;) {
			const found = look();
			if (found !== undefined) {
				return found;
			}

			if (isEnded || performance.now() > end) {
				throw new Error(`${command.join(' ')} ${isEnded ? 'ended' : 'did not show what was waited for'}; it wrote last: ${JSON.stringify(written.at(-1)?.bytes.toString().slice(-300) ?? '')}`);
			}

			await sleep(recheck);
		}
	};

	return {
		pid,
		written,
		async press(key) {
			const index = typed.length;
			child.stdin.write(key);
			return until(() => typed[index]);
		},
		until,
		async isQuiet(milliseconds) {
			for (let count = -1; count !== written.length;) {
				count = written.length;
				await sleep(milliseconds);
			}
		},
		async close() {
			child.stdin.end();
			await closed;
		},
	};
};
