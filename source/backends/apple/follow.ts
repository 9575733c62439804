import {once} from 'node:events';
import type {Readable, Writable} from 'node:stream';
import type {Program} from './program.js';

/**
Prints what is in the output of a container from some bytes on, and what comes, until it reads `finish`. Other lines that it reads go to the file of the stamps.

What `tail` itself says, as of a file that was cut, is no output of the container.
*/
const script = `
cd "$1" || exit 0
tail -c "+$2" -f stdout 3<&- 2>/dev/null &
a=$!
tail -c "+$3" -f stderr >&2 2>/dev/null &
b=$!
while IFS= read -r l; do
	if [ "$l" = finish ]; then
		kill $a $b
		exec >&- 2>&-
	else
		printf '%s\\n' "$l" >>"$4"
	fi
done
kill $a $b
`;

const restScript = 'cd "$1" 2>/dev/null || exit 0; tail -c "+$2" stdout 2>/dev/null; tail -c "+$3" stderr >&2 2>/dev/null';

export type Offsets = {readonly stdout: number; readonly stderr: number};

type Stream = keyof Offsets;

export type FollowOptions = {
	readonly directory: string;
	readonly from: Offsets;
	readonly hasStamps?: boolean;
	/** Resolves when no more bytes may be taken for now. */
	readonly onBytes: (stream: Stream, bytes: Uint8Array) => Promise<void> | void;
};

export type Following = {
	/** What has been passed on. */
	readonly offsets: () => Offsets;
	readonly stamps: Writable;
	/** Passes on all that there is by now, and ends. */
	readonly finish: () => Promise<void>;
	/** Ends at once. */
	readonly close: () => void;
};

/** Follows the output of a container's runs. */
export const follow = async (program: Program, {directory, from, hasStamps = false, onBytes}: FollowOptions): Promise<Following> => {
	const {transport} = program;
	const offsets = {...from};
	let isClosed = false;
	/** Runs a script that writes the output from an offset on. */
	const write = async (text: string, {stdout, stderr}: Offsets, ...more: readonly string[]) =>
		transport.execute(['/bin/sh', '-c', text, 'sh', directory, String(stdout + 1), String(stderr + 1), ...more]);
	const execution = await write(script, from, hasStamps ? 'stamps' : '/dev/null');
	execution.release();
	const pass = async (stream: Stream, source: Readable) => {
		try {
			for await (const chunk of source) {
				if (isClosed) {
					return;
				}

				offsets[stream] += (chunk as Uint8Array).length;
				await onBytes(stream, chunk as Uint8Array);
			}
		} catch {
			// It was closed.
		}
	};

	const finish = async () => {
		execution.stdin.write('finish\n');
		await passing;
		if (isClosed) {
			return;
		}

		const rest = await write(restScript, offsets);
		rest.stdin.end();
		await Promise.all([pass('stdout', rest.stdout), pass('stderr', rest.stderr)]);
		execution.stdin.end();
		await execution.ended.catch(() => undefined);
	};

	let finishing: Promise<void> | undefined;
	const passing = Promise.all([pass('stdout', execution.stdout), pass('stderr', execution.stderr)]);
	return {
		offsets: () => ({...offsets}),
		stamps: execution.stdin,
		async finish() {
			finishing ??= finish();
			return finishing;
		},
		close() {
			isClosed = true;
			execution.stdin.end();
			execution.stdout.destroy();
			execution.stderr.destroy();
		},
	};
};

/** Resolves when a stream has room again, or is gone. */
export const drained = async (stream: Writable | (Readable & Writable)): Promise<void> => {
	if (!stream.destroyed) {
		const controller = new AbortController();
		await Promise.race([once(stream, 'drain', controller), once(stream, 'close', controller)]).catch(() => undefined);
		controller.abort();
	}
};
