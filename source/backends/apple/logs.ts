import {Buffer} from 'node:buffer';
import {HolmError} from '../../engine/errors.js';
import type {LogOptions, LogsVerbs} from '../../engine/logs.js';
import type {LogEntry} from '../../engine/resources.js';
import {timestampOf} from '../../rules/containers/log-parser.js';
import {assertReadable} from '../../rules/containers/logging.js';
import {assertWatched, held, liveOf, type Context} from './context.js';
import {readItem, type Item} from './listing.js';
import {linesOfPart, parseStamps, type LogLines} from './log-entries.js';
import {directoryOf} from './records.js';
import {adoptRun} from './runs/adopt.js';

const readScript = 'cd "$1" 2>/dev/null || exit 0; tail -c "+$2" stdout 2>/dev/null; tail -c "+$3" stderr >&2 2>/dev/null; exit 0';

type Ends = LogLines['ends'];

const readBytes = async (context: Context, argv: readonly string[]): Promise<{readonly stdout: Buffer; readonly stderr: Buffer}> => {
	const {transport} = await context.program();
	const execution = await transport.execute(argv);
	execution.stdin.end();
	const gather = async (source: AsyncIterable<unknown>) => Buffer.concat(await Array.fromAsync(source) as Uint8Array[]);
	const [stdout, stderr] = await Promise.all([gather(execution.stdout), gather(execution.stderr)]);
	return {stdout, stderr};
};

/** Reads what the files of a container have from some bytes on. */
const readPart = async (context: Context, item: Item, from: Ends, isWhole: boolean): Promise<LogLines> => {
	const program = await context.program();
	const directory = directoryOf(program, item.id);
	const {stdout, stderr} = await readBytes(
		context,
		['/bin/sh', '-c', readScript, 'sh', directory, String(from.stdout + 1), String(from.stderr + 1)],
	);
	// After the output: a stamp is written when its bytes have arrived.
	const stamps = stdout.length + stderr.length === 0 ? [] : parseStamps((await program.shell(
		'cat "$1/stamps" 2>/dev/null; exit 0',
		[directory],
	)).stdout.toString());
	return linesOfPart({
		stdout, stderr, from, stamps, otherwise: item.stored.state.startedAt ?? item.container.createdAt, isWhole,
	});
};

/** The log of a container that Holm has not started: both streams as one, without times. */
const readForeign = async (context: Context, item: Item): Promise<readonly LogEntry[]> => {
	const program = await context.program();
	const {stdout, exitCode} = await program.attempt(['logs', item.apple.id]);
	const bytes = exitCode === 0 ? stdout : Buffer.alloc(0);
	return linesOfPart({
		stdout: bytes,
		stderr: Buffer.alloc(0),
		from: {stdout: 0, stderr: 0},
		stamps: [],
		otherwise: item.apple.startedDate ?? item.container.createdAt,
		isWhole: true,
	}).entries;
};

const timeFilter = ({since, until}: LogOptions) => {
	const [first, last] = [since === undefined ? '' : timestampOf(since), until === undefined ? '\u{FFFF}' : timestampOf(until)];
	return ({timestamp}: LogEntry) => timestamp >= first && timestamp <= last;
};

const streamFilter = ({stdout = true, stderr = true}: LogOptions) => ({stream}: LogEntry) => stream === 'stdout' ? stdout : stderr;

/** The last lines of both streams. */
const lastOf = (
	entries: readonly LogEntry[],
	tail: number | undefined,
) => tail === undefined ? entries : entries.slice(Math.max(entries.length - tail, 0));

/** Stamps may be written a moment after their bytes. */
const settleMs = 15;

const settle = async () => new Promise<void>(resolve => {
	setTimeout(resolve, settleMs);
});

async function * readLog(context: Context, item: Item, options: LogOptions): AsyncGenerator<LogEntry, void> {
	const {follow = false, tail, signal, until} = options;
	const live = liveOf(context, item.id);
	const [isInTime, isOfStream] = [timeFilter(options), streamFilter(options)];
	if (item.stored.state.startedAt === undefined) {
		const entries = item.container.status.state === 'created' ? [] : await readForeign(context, item);
		yield * lastOf(entries.filter(entry => isInTime(entry)), tail).filter(entry => isOfStream(entry));
		return;
	}

	await adoptRun(context, item);
	const {promise: read, resolve: onRead} = Promise.withResolvers<void>();
	let isLast = false;
	/** Reads the rest before it is removed. */
	const finish = async () => {
		isLast = true;
		live.changed.notify();
		return read;
	};

	using _finisher = {
		[Symbol.dispose]() {
			live.finishers.delete(finish);
			onRead();
		},
	};
	if (follow) {
		live.finishers.add(finish);
	}

	const isEnded = () => isLast || (!live.run && !live.cancelRestart);
	let from: Ends = {stdout: 0, stderr: 0};
	for (let isFirst = true; ; isFirst = false) {
		const isWhole = isEnded();
		const changed = live.changed.wait(signal);
		const {entries, ends} = await readPart(context, item, from, isWhole || !follow);
		from = ends;
		if (isWhole) {
			onRead();
		}

		const wanted = entries.filter(entry => isInTime(entry));
		for (const entry of (isFirst ? lastOf(wanted, tail) : wanted).filter(entry => isOfStream(entry))) {
			if (signal?.aborted) {
				return;
			}

			yield entry;
		}

		if (!follow || isWhole || signal?.aborted || (until !== undefined && Date.now() > until)) {
			return;
		}

		await held(async () => changed);
		assertWatched(live);
		await settle();
	}
}

const bootLines = (text: string, time: number): readonly LogEntry[] => {
	const lines = text.split(/\r?\n/v).filter(Boolean);
	const start = Math.max(lines.findLastIndex(line => line.includes('Linux version')), 0);
	return lines.slice(start).map(line => ({stream: 'stdout', timestamp: timestampOf(time), bytes: Buffer.from(`${line}\n`)}));
};

export const logsVerbs = (context: Context): LogsVerbs => ({
	async * logs(reference, options = {}): AsyncGenerator<LogEntry, void> {
		const item = await readItem(context, reference);
		assertReadable(item.container);
		if (!options.signal?.aborted) {
			yield * readLog(context, item, options);
		}
	},
	async * bootLog(reference, {follow = false, tail, signal} = {}): AsyncGenerator<LogEntry, void> {
		const item = await readItem(context, reference);
		const {status} = item.container;
		if (status.state === 'created') {
			throw new HolmError(
				'not-found',
				`there is no boot log of container ${item.name}: it has had no machine yet`,
				{remedy: `holm start ${item.name}`},
			);
		}

		const program = await context.program();
		const read = async () => {
			const {stdout} = await program.run(['logs', '--boot', item.apple.id]);
			return bootLines(stdout.toString(), 'startedAt' in status ? status.startedAt : item.container.createdAt);
		};

		const live = liveOf(context, item.id);
		await adoptRun(context, item);
		let entries = await read();
		let count = entries.length;
		yield * lastOf(entries, tail);
		if (!follow) {
			return;
		}

		while (live.run && !signal?.aborted) {
			await held(async () => live.changed.wait(signal));
			assertWatched(live);
			entries = await read();
			yield * entries.slice(count);
			count = entries.length;
		}
	},
});
