import {Buffer} from 'node:buffer';
import type {BootLogOptions, LogOptions} from '../../engine/logs.js';
import {HolmError} from '../../engine/errors.js';
import type {LogEntry} from '../../engine/resources.js';
import {defineCommand, type Context} from '../command.js';
import {type Output, write} from '../../terminal/streams.js';
import {parseTime} from '../../flags/times.js';
import {logFlags, parseTail} from '../log-flags.js';
import {createLogText} from '../print/log-text.js';

const lineFeed = 10;

/** The bytes of entries, with a timestamp before each line, but not before later pieces of a line. */
export const createLogWriter = (hasTimestamps: boolean) => {
	const startsLine = {stdout: true, stderr: true};
	return ({stream, timestamp, bytes}: LogEntry): Uint8Array => {
		const isStart = startsLine[stream];
		startsLine[stream] = bytes.at(-1) === lineFeed;
		return hasTimestamps && isStart ? Buffer.concat([Buffer.from(`${timestamp} `), bytes]) : bytes;
	};
};

/** Writes a log to an output: as text to a terminal, else unchanged. */
const createPrinter = (output: Output, hasColours: boolean) => {
	const text = output.isTTY ? createLogText(hasColours) : undefined;
	return {
		print: async (bytes: Uint8Array) => write(output, text ? text.write(bytes) : bytes),
		async end() {
			await write(output, text?.end() ?? '');
		},
	};
};

const printBootLog = async (context: Context, reference: string, options: BootLogOptions) => {
	const engine = await context.engine();
	if (!engine.bootLog) {
		throw new HolmError('unsupported', 'this engine has no VM consoles', {remedy: 'leave out --boot'});
	}

	// Boot logs are untrusted and not meant for a terminal: escape colours, too.
	const {print, end} = createPrinter(context.stdout, false);
	for await (const {bytes} of engine.bootLog(reference, options)) {
		await print(bytes);
	}

	await end();
};

/** Prints the log of a container, each stream to the same one of the command. */
export const printLog = async (
	context: Context,
	reference: string,
	{timestamps, ...options}: LogOptions & {readonly timestamps: boolean},
): Promise<void> => {
	const engine = await context.engine();
	const bytesOf = createLogWriter(timestamps);
	const printers = {stdout: createPrinter(context.stdout, true), stderr: createPrinter(context.stderr, true)};
	try {
		for await (const entry of engine.logs(reference, options)) {
			await printers[entry.stream].print(bytesOf(entry));
		}
	} finally {
		await printers.stdout.end();
		await printers.stderr.end();
	}
};

export const command = defineCommand({
	usage: 'CONTAINER',
	flags: {
		...logFlags,
		since: {type: 'string', value: 'TIME', description: 'Start time: 10m (ago), 2026-02-25T10:00:00Z or Unix seconds'},
		until: {type: 'string', value: 'TIME', description: 'End time, like --since'},
		boot: {type: 'boolean', description: 'Print the console of its VM instead'},
		timestamps: {type: 'boolean', shortFlag: 't', description: 'Print the time of each line'},
	},
	async run(context, {follow, tail, since, until, boot, timestamps}, [reference = '']) {
		if (boot) {
			if (since !== undefined || until !== undefined || timestamps) {
				throw new HolmError('invalid', 'a console has no timestamps', {remedy: 'leave out --since, --until and --timestamps with --boot'});
			}

			await printBootLog(context, reference, {follow, tail: parseTail(tail)});
			return;
		}

		const now = context.now();
		const options = {
			follow,
			tail: parseTail(tail),
			...(since !== undefined && {since: parseTime('--since', since, now)}),
			...(until !== undefined && {until: parseTime('--until', until, now)}),
		};
		await printLog(context, reference, {...options, timestamps});
	},
});
