import {open} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {HolmError, messageOf} from '../../errors.js';
import {defaultRoot, pathsOf} from '../../host/store/paths.js';
import {defineCommand} from '../command.js';
import {parseWhole} from '../flags/sizes.js';
import {escapeControlsInLines} from '../print/escape.js';
import {write} from '../terminal/streams.js';

/** The last lines of a text that ends with a line feed. */
export const lastLines = (text: string, count: number): string => count === 0 ? '' : text.split(/(?<=\n)/v).slice(-count).join('');

const openLog = async (file: string) => {
	try {
		return await open(file);
	} catch (error) {
		throw new HolmError('not-found', `there is no log of the engine: ${messageOf(error)}`, {remedy: 'holm system start starts it', cause: error});
	}
};

const pollMs = 250;

export const command = defineCommand({
	summary: 'Print the log of the engine\'s daemon',
	usage: '',
	flags: {
		follow: {type: 'boolean', shortFlag: 'f', description: 'Go on with what it writes from now on'},
		tail: {
			type: 'string', shortFlag: 'n', default: 'all', value: 'LINES', description: 'The last lines only',
		},
	},
	async run(context, {follow, tail}) {
		const count = tail === 'all' ? Infinity : parseWhole('--tail', tail);
		await using handle = await openLog(pathsOf(context.root ?? defaultRoot).daemonLog);
		const show = async (text: string) => write(context.stdout, context.stdout.isTTY ? escapeControlsInLines(text) : text);
		const text = await handle.readFile('utf8');
		await show(count === Infinity ? text : lastLines(text, count));
		if (!follow) {
			return;
		}

		for (;;) {
			await delay(pollMs);
			const more = await handle.readFile('utf8');
			if (more !== '') {
				await show(more);
			}
		}
	},
});
