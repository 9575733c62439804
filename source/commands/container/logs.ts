import {Buffer} from 'node:buffer';
import type {BootLogOptions} from '../../engine.js';
import {HolmError} from '../../errors.js';
import type {LogEntry} from '../../resources.js';
import {defineCommand, type Context} from '../command.js';
import {parseWhole} from '../flags/sizes.js';
import {parseTime} from '../flags/times.js';
import {escapeControlsInLines} from '../print/escape.js';
import {write} from '../terminal/streams.js';

const lineFeed = 10;

/** The bytes of each entry, with the time before each line and not before the rest of a line that came in pieces. */
export const createLogWriter = (hasTimestamps: boolean) => {
	const startsLine = {stdout: true, stderr: true};
	return ({stream, timestamp, bytes}: LogEntry): Uint8Array => {
		const isStart = startsLine[stream];
		startsLine[stream] = bytes.at(-1) === lineFeed;
		return hasTimestamps && isStart ? Buffer.concat([Buffer.from(`${timestamp} `), bytes]) : bytes;
	};
};

const printBootLog = async (context: Context, reference: string, options: BootLogOptions) => {
	const engine = await context.engine();
	if (!engine.bootLog) {
		throw new HolmError('unsupported', 'this engine has no machines whose consoles could be read', {remedy: 'leave out --boot'});
	}

	for await (const {bytes} of engine.bootLog(reference, options)) {
		// No program drew this for a terminal, and a guest may have put into it what it likes.
		await write(context.stdout, context.stdout.isTTY ? escapeControlsInLines(Buffer.from(bytes).toString()) : bytes);
	}
};

export const command = defineCommand({
	summary: 'Print the log of a container',
	usage: 'CONTAINER',
	flags: {
		follow: {type: 'boolean', shortFlag: 'f', description: 'Go on with what it writes from now on'},
		tail: {
			type: 'string', shortFlag: 'n', default: 'all', value: 'LINES', description: 'The last lines only',
		},
		since: {type: 'string', value: 'TIME', description: 'From then on: 10m ago, 2026-02-25T10:00:00Z or Unix seconds'},
		until: {type: 'string', value: 'TIME', description: 'Up to then'},
		boot: {type: 'boolean', description: 'What its machine printed on the console, instead'},
		timestamps: {type: 'boolean', shortFlag: 't', description: 'Print the time of each line'},
	},
	async run(context, {follow, tail, since, until, boot, timestamps}, [reference = '']) {
		if (boot) {
			if (since !== undefined || until !== undefined || timestamps) {
				throw new HolmError('invalid', 'a console has no times', {remedy: 'leave out --since, --until and --timestamps with --boot'});
			}

			await printBootLog(context, reference, {follow, ...tail !== 'all' && {tail: parseWhole('--tail', tail)}});
			return;
		}

		const now = context.now();
		const options = {
			follow,
			...(tail !== 'all' && {tail: parseWhole('--tail', tail)}),
			...(since !== undefined && {since: parseTime('--since', since, now)}),
			...(until !== undefined && {until: parseTime('--until', until, now)}),
		};
		const engine = await context.engine();
		const bytesOf = createLogWriter(timestamps);
		for await (const entry of engine.logs(reference, options)) {
			await write(entry.stream === 'stdout' ? context.stdout : context.stderr, bytesOf(entry));
		}
	},
});
