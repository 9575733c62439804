import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {open} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {stripVTControlCharacters} from 'node:util';
import type {Site} from '../measurement.js';
import {need} from '../packages.js';
import {untilQuiet, untilSelected, type Answer} from './frames.js';
import {openTerminal, type BenchTerminal} from './terminal.js';

/** A full-screen program, and how to detect its first frame and its answers. */
export type ScreenProgram = {
	readonly name: string;
	readonly command: readonly string[];
	/** Matches the first complete frame and nothing before; default the output before the first long silence. */
	readonly shows?: RegExp;
	/** Keys that move the selection or the view, forth and back. */
	readonly keys: readonly [string, string];
	readonly answer: Answer;
};

const compiled = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** The dashboard over 200 containers on 20 networks. */
export const dashboard = (...options: readonly string[]): ScreenProgram => ({
	name: 'holm, 200 containers',
	command: [process.execPath, compiled('program.js'), ...options],
	// The frame with the number of networks also has the containers.
	shows: /Networks 21/v,
	keys: ['j', 'k'],
	answer: untilSelected,
});

/** Starts the engine of `dashboard` in a process of its own, like the daemon. Resolves with the options that connect the dashboard to it. */
export const serveEngine = async (site: Site, ...options: readonly string[]): Promise<readonly string[]> => {
	const socket = path.join(await site.directory(), 'engine.sock');
	const child = spawn(process.execPath, [compiled('program.js'), '--serve', socket, ...options], {stdio: ['pipe', 'pipe', 'ignore']});
	site.stack.defer(async () => {
		const ended = once(child, 'close');
		child.stdin.end();
		await ended;
	});
	await once(child.stdout, 'data');
	return ['--connect', socket];
};

const holm = [process.execPath, compiled('../../cli.js')];

/** `holm`, command line included, with the engine of `dashboard` in a process of its own. */
export const openHolm = async (site: Site): Promise<ScreenProgram> => {
	const [, socket] = await serveEngine(site);
	return {...dashboard(), command: [...holm, '--host', `unix://${socket}`]};
};

/** `holm --demo`, command line included. */
export const demo: ScreenProgram = {...dashboard(), name: 'holm --demo', command: [...holm, '--demo'], shows: /shop-web/v};

const btop: ScreenProgram = {name: 'btop', command: ['btop', '--utf-force'], keys: ['\u{1B}[B', '\u{1B}[A'], answer: untilQuiet};

/** Lines of the file that lnav opens. */
export const fileLines = 1_000_000;
const chunkLines = 10_000;

const lnav = (file: string): ScreenProgram => ({
	name: 'lnav, 1,000,000 lines', command: ['lnav', '-N', file], keys: ['k', 'j'], answer: untilQuiet,
});

const writeLog = async (file: string) => {
	await using handle = await open(file, 'wx');
	for (let line = 0; line < fileLines; line += chunkLines) {
		await handle.write(Array.from({length: chunkLines}, (_, index) => `${new Date(1_700_000_000_000 + (line + index) * 50).toISOString()} the quick brown fox jumps over the lazy dog, line ${line + index}\n`).join(''));
	}
};

export type Programs = {
	readonly peers: readonly ScreenProgram[];
	readonly missing: readonly string[];
	/** Opens a program and waits for its first frame. Closes at the end of the measurement at the latest. */
	readonly start: (program: ScreenProgram) => Promise<{readonly terminal: BenchTerminal; readonly firstFrame: number} & AsyncDisposable>;
};

/** Milliseconds; less than the intervals of the clocks of lnav (1 s) and btop (2 s). */
const longSilence = 600;

/** Milliseconds until the last byte of the first frame. */
const firstFrameOf = ({written}: BenchTerminal, shows: RegExp | undefined): number | undefined => {
	if (!shows) {
		return written.find(({at}, index) => index < written.length - 1 && written[index + 1]!.at - at > longSilence)?.at;
	}

	let text = '';
	for (const {at, bytes} of written) {
		text += bytes.toString();
		if (shows.test(stripVTControlCharacters(text))) {
			return at;
		}
	}

	return undefined;
};

/** The installed peers, with a home directory of their own, so that user settings are neither used nor changed. */
export const openPrograms = async (site: Site): Promise<Programs> => {
	// Its pseudo-terminal is used.
	await need('python3');
	const home = await site.directory();
	const missing: string[] = [];
	const peers: ScreenProgram[] = [];
	for (const name of ['btop', 'lnav'] as const) {
		try {
			await need(name);
		} catch (error) {
			missing.push((error as Error).message);
			continue;
		}

		if (name === 'btop') {
			peers.push(btop);
		} else {
			const file = path.join(home, 'long.log');
			await writeLog(file);
			peers.push(lnav(file));
		}
	}

	const environment = {PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: path.join(home, 'cache'), NODE_COMPILE_CACHE: path.join(home, 'compiled')};
	return {
		peers,
		missing,
		async start({command, shows}) {
			const terminal = await openTerminal({command, environment});
			const close = async () => terminal.close();
			site.stack.defer(close);
			if (!shows) {
				await terminal.until(() => terminal.written[0]);
				await terminal.isQuiet(longSilence);
			}

			const firstFrame = shows
				? await terminal.until(() => firstFrameOf(terminal, shows))
				: firstFrameOf(terminal, undefined) ?? terminal.written.at(-1)!.at;
			return {terminal, firstFrame, [Symbol.asyncDispose]: close};
		},
	};
};
