import {spawn} from 'node:child_process';
import {open} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {applePaths} from '../../daemon/apple/paths.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import {isService} from '../../host/service/service.js';
import {serviceUnit} from '../../host/service/units.js';
import {defaultRoot, pathsOf} from '../../host/store/paths.js';
import {defineCommand} from '../command.js';
import {logFlags, parseTail} from '../log-flags.js';
import {assertOwnEngine, isAboutApple} from '../own-engine.js';
import {forOutput} from '../../text/escape.js';
import {write} from '../../terminal/streams.js';

/** The last lines of a text that ends with a line feed. */
export const lastLines = (text: string, count: number): string => count === 0 ? '' : text.split(/(?<=\n)/v).slice(-count).join('');

const openLog = async (file: string) => {
	try {
		return await open(file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EACCES') {
			throw new HolmError('forbidden', `${file} is only readable by root`, {remedy: 'use sudo', cause: error});
		}

		throw new HolmError('not-found', `there is no log of the engine: ${messageOf(error)}`, {remedy: 'holm system start starts it', cause: error});
	}
};

const pollMs = 250;

type Show = (text: string) => Promise<unknown>;

/** As a service, the engine logs to the journal. */
const showJournal = async (show: Show, {count, follow}: {readonly count: number; readonly follow: boolean}): Promise<void> => {
	const child = spawn('journalctl', [
		`--unit=${serviceUnit}`, '--no-pager', '--quiet', '--output=short-iso', '--no-hostname', `--lines=${count === Infinity ? 'all' : count}`, ...(follow ? ['--follow'] : []),
	], {stdio: ['ignore', 'pipe', 'pipe']});
	let complaint = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		complaint = (complaint + text).slice(-1000);
	});
	const ended = new Promise<number>((resolve, reject) => {
		child.on('error', reject);
		child.on('close', status => {
			resolve(status ?? 1);
		});
	});
	// Awaited below, after its output.
	ended.catch(() => undefined);
	child.stdout.setEncoding('utf8');
	let isEmpty = true;
	for await (const text of child.stdout) {
		isEmpty = false;
		await show(String(text));
	}

	const status = await ended;
	if (status !== 0 || (isEmpty && process.getuid?.() !== 0)) {
		throw new HolmError(process.getuid?.() === 0 ? 'internal' : 'forbidden', `the journal of ${serviceUnit} cannot be read${complaint.trim() === '' ? '' : `: ${messageOf(complaint)}`}`, {
			remedy: 'use sudo, or join a group that may read the journal, such as systemd-journal',
		});
	}
};

export const command = defineCommand({
	usage: '',
	flags: logFlags,
	async run(context, {follow, tail}) {
		const isApple = isAboutApple(context);
		if (!isApple) {
			assertOwnEngine(context, 'asked for its log');
		}

		const count = parseTail(tail) ?? Infinity;
		const show = async (text: string) => write(context.stdout, forOutput(context.stdout, text));
		const root = context.root ?? defaultRoot;
		if (!isApple && await isService(root)) {
			await showJournal(show, {count, follow});
			return;
		}

		await using handle = await openLog(isApple ? applePaths(context).log : pathsOf(root).daemonLog);
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
