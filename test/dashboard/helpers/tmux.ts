import {execFile, execFileSync} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';

const run = async (program: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> => {
	const {promise, resolve, reject} = Promise.withResolvers<string>();
	execFile(program, words, {env}, (error, stdout) => {
		if (error) {
			reject(error);
		} else {
			resolve(stdout);
		}
	});
	return promise;
};

export const hasTmux = (() => {
	try {
		execFileSync('tmux', ['-V'], {stdio: 'ignore'});
		return true;
	} catch {
		return false;
	}
})();

// Milliseconds; the host may be busy and the VMs emulated.
const patience = 60_000;

export type TerminalOptions = {
	readonly columns?: number;
	readonly rows?: number;
	readonly environment?: Readonly<Record<string, string>>;
};

/** Opens a shell in a terminal of its own tmux server. */
export const openTerminal = async ({columns = 120, rows = 36, environment = {}}: TerminalOptions = {}) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-tmux-'));
	const tmux = async (...words: readonly string[]) => run('tmux', ['-f', '/dev/null', ...words], {...process.env, TMUX: '', TMUX_TMPDIR: directory});
	const variables = {TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', PS1: 'ready> ', ENV: '', TMUX: '', ...environment};
	const words = Object.entries(variables).map(([name, value]) => `${name}='${value}'`);
	await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), `env ${words.join(' ')} sh`);
	// Makes tmux accept OSC 52.
	await tmux('set-option', '-s', 'set-clipboard', 'on');
	const screen = async () => tmux('capture-pane', '-p');
	const shows = async (wanted: RegExp | string): Promise<string> => {
		const end = Date.now() + patience;
		for (;;) {
			const text = await screen();
			if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) {
				return text;
			}

			if (Date.now() > end) {
				throw new Error(`the terminal does not show ${String(wanted)}:\n${text}`);
			}

			await delay(50);
		}
	};

	await shows('ready>');
	return {
		tmux,
		screen,
		shows,
		/** Types text. */
		type: async (text: string) => tmux('send-keys', '-l', text),
		/** Presses keys by tmux's names: `Enter`, `C-z`, `Escape`. */
		async press(...keys: readonly string[]) {
			for (const key of keys) {
				await tmux('send-keys', key);
				await delay(30);
			}
		},
		/** A state of the terminal by tmux's name: `alternate_on`, `cursor_flag`. */
		flag: async (name: string) => (await tmux('display-message', '-p', `#{${name}}`)).trim(),
		async [Symbol.asyncDispose]() {
			try {
				await tmux('kill-server');
			} finally {
				await rm(directory, {recursive: true, force: true});
			}
		},
	};
};

export type Terminal = Awaited<ReturnType<typeof openTerminal>>;

/** Opens a terminal, types a command that opens a dashboard, and waits until that is connected. */
export const openDashboard = async (command: string, options: TerminalOptions): Promise<Terminal> => {
	const terminal = await openTerminal(options);
	try {
		await terminal.type(command);
		await terminal.press('Enter');
		await terminal.shows(/^ holm {2}.* connected /v);
		return terminal;
	} catch (error) {
		await terminal[Symbol.asyncDispose]();
		throw error;
	}
};
