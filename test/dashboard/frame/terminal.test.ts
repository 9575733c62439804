import {readFileSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {hasTmux, openDashboard, openTerminal} from '../helpers/tmux.js';

const inTerminal = hasTmux ? test.serial : test.serial.skip;

const holm = `${process.execPath} ${path.resolve(import.meta.dirname, '../../../cli.js')}`;

const opened = async (options: Parameters<typeof openTerminal>[0] = {}, flags = '--demo') => {
	const home = await mkdtemp(path.join(tmpdir(), 'holm-home-'));
	const terminal = await openTerminal({...options, environment: {HOME: home, XDG_CONFIG_HOME: home, ...options.environment}});
	await terminal.type(`before=$(stty -g); echo kept; ${holm} ${flags}; echo status $?`);
	await terminal.press('Enter');
	return {
		...terminal,
		home,
		/** Waits for the shell and the restored terminal. */
		async isRestored(status: number): Promise<string> {
			const text = await terminal.shows(`status ${status}`);
			await terminal.type('[ "$(stty -g)" = "$before" ] && echo same-terminal');
			await terminal.press('Enter');
			await terminal.shows(/^same-terminal/mv);
			return text;
		},
		async [Symbol.asyncDispose]() {
			await terminal[Symbol.asyncDispose]();
			await rm(home, {recursive: true});
		},
	};
};

/** Pid of the dashboard in this terminal, found by its command line. */
const processOf = async (terminal: Pick<Awaited<ReturnType<typeof openTerminal>>, 'flag'>): Promise<number> => {
	const shell = Number(await terminal.flag('pane_pid'));
	const children = (pid: number) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
	// `env` has executed the shell.
	const [dashboard] = children(shell);
	return dashboard!;
};

inTerminal('the alternate screen is left with the previous screen intact', async t => {
	await using terminal = await opened();
	const text = await terminal.shows('shop-web');
	t.is(await terminal.flag('alternate_on'), '1');
	t.is(await terminal.flag('cursor_flag'), '0');
	t.is(text.trimEnd().split('\n').length, 36);
	await terminal.press('q');
	t.regex(await terminal.isRestored(0), /kept/v);
	t.is(await terminal.flag('alternate_on'), '0');
	t.is(await terminal.flag('cursor_flag'), '1');
});

inTerminal('a shell gets the terminal, and afterwards the dashboard gets its keys again', async t => {
	await using terminal = await opened();
	await terminal.shows('shop-web');
	await terminal.press('G');
	await terminal.press('e');
	await terminal.shows('Ctrl-P Ctrl-Q detaches');
	await terminal.type('echo in-$((40+2))');
	await terminal.press('Enter');
	await terminal.shows('in-42');
	await terminal.type('exit 3');
	await terminal.press('Enter');
	await terminal.shows('exited with 3');
	await terminal.press('i');
	await terminal.shows('Container blog-db');
	await terminal.press('Escape');
	await delay(200);
	await terminal.press('e');
	await terminal.shows('Ctrl-P Ctrl-Q detaches');
	await terminal.press('C-p', 'C-q');
	t.regex(await terminal.shows('keeps running'), /shop-web/v);
	await terminal.press('q');
	await terminal.isRestored(0);
});

inTerminal('Ctrl-Z stops the dashboard with the terminal restored, and fg resumes it', async t => {
	await using terminal = await opened();
	await terminal.shows('shop-web');
	await terminal.press('C-z');
	await terminal.shows('status 148');
	t.is(await terminal.flag('alternate_on'), '0');
	await terminal.type('fg');
	await terminal.press('Enter');
	await terminal.shows('shop-web');
	await terminal.press('2');
	await terminal.press('i');
	await terminal.shows('Network bridge');
	await terminal.press('q');
	await terminal.shows('NAME');
	await terminal.press('q', 'q');
	await terminal.shows('ready>');
	t.is(await terminal.flag('alternate_on'), '0');
});

inTerminal('mouse reports are on only if configured, and off afterwards', async t => {
	await using terminal = await openTerminal({environment: {XDG_CONFIG_HOME: path.resolve(import.meta.dirname, '../../../../test/dashboard/fixtures/mouse')}});
	await terminal.type(`${holm} --demo; echo status $?`);
	await terminal.press('Enter');
	await terminal.shows('shop-web');
	const flags = async () => `${await terminal.flag('mouse_standard_flag')}${await terminal.flag('mouse_sgr_flag')}`;
	t.is(await flags(), '11');
	// A click on the seventh row of containers, then keys.
	await terminal.type('\u{1B}[<0;6;11M\u{1B}[<0;6;11m');
	await terminal.shows('Logs of shop-seed');
	await terminal.press('j');
	await terminal.shows('Logs of shop-worker');
	await terminal.press('C-z');
	await terminal.shows('status 148');
	t.is(await flags(), '00');
	await terminal.type('fg');
	await terminal.press('Enter');
	await terminal.shows('shop-web');
	t.is(await flags(), '11');
	process.kill(await processOf(terminal), 'SIGTERM');
	await terminal.shows(/Terminated|ready>\s*$/v);
	t.is(await flags(), '00');
});

inTerminal('a resize leaves no artefacts', async t => {
	await using terminal = await opened({columns: 160, rows: 45});
	await terminal.shows('shop-web');
	for (const [columns, rows] of [[80, 24], [60, 15], [140, 40], [100, 50]] as const) {
		await terminal.tmux('resize-window', '-x', String(columns), '-y', String(rows));
		// Every row between header and footer belongs to a pane, and each pane appears once.
		const text = await terminal.shows(new RegExp(String.raw`^ holm [^\n]*\n${rows < 25 ? '' : String.raw` [^\n]*\n`}(?:[╭│╰][^\n]*\n){${rows - (rows < 25 ? 2 : 3)}} \? help[^\n]*\n$`, 'v'));
		t.is(text.match(/╭─ 1 Containers/gv)?.length, 1, `${columns}×${rows}`);
	}

	await terminal.press('q');
	await terminal.isRestored(0);
});

inTerminal('characters on whose width terminals disagree leave every row in its place', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-home-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	await using terminal = await openDashboard(
		`${process.execPath} ${path.resolve(import.meta.dirname, '../fixtures/unicode.js')}; echo status $?`,
		{environment: {HOME: directory, XDG_CONFIG_HOME: directory}},
	);
	await terminal.shows('the end');
	await terminal.press('3');
	for (const [key, wanted] of [['g', '!^'], ['G', 'the end']] as const) {
		await terminal.press(key);
		const rows = (await terminal.shows(wanted)).trimEnd().split('\n');
		t.is(rows.length, 36);
		t.regex(rows[0]!, /^ holm {2}/v);
		t.deepEqual(rows.slice(2, -1).filter(row => !/^[╭│╰].*[╮│╯]$/v.test(row)), []);
	}

	await terminal.press('q', 'q');
	await terminal.shows(/^status 0$/mv);
});

inTerminal('a crash restores the terminal and prints the error', async t => {
	await using terminal = await openTerminal();
	await terminal.type(`before=$(stty -g); ${process.execPath} ${path.resolve(import.meta.dirname, '../fixtures/crash.js')}; echo status $?; [ "$(stty -g)" = "$before" ] && echo same-terminal`);
	await terminal.press('Enter');
	const text = await terminal.shows(/^same-terminal/mv);
	t.regex(text, /^crashed: the ceiling fell$/mv);
	t.regex(text, /^status 9$/mv);
	t.is(await terminal.flag('alternate_on'), '0');
	t.is(await terminal.flag('cursor_flag'), '1');
});

for (const [signal, status] of [['SIGTERM', 143], ['SIGINT', 130], ['SIGHUP', 129]] as const) {
	inTerminal(`${signal} ends it with the terminal restored`, async t => {
		await using terminal = await opened();
		await terminal.shows('shop-web');
		process.kill(await processOf(terminal), signal);
		await terminal.isRestored(status);
		t.is(await terminal.flag('alternate_on'), '0');
		t.is(await terminal.flag('cursor_flag'), '1');
	});
}

inTerminal('the dashboard exits when its terminal closes', async t => {
	await using terminal = await opened();
	await terminal.shows('shop-web');
	const dashboard = await processOf(terminal);
	await terminal.tmux('set-option', '-g', 'exit-empty', 'off');
	await terminal.tmux('kill-session');
	const end = Date.now() + 20_000;
	const isAlive = () => {
		try {
			return process.kill(dashboard, 0);
		} catch {
			return false;
		}
	};

	while (isAlive() && Date.now() < end) {
		await delay(50);
	}

	t.false(isAlive());
});

inTerminal('a terminal unknown to terminfo and without colours works', async t => {
	await using terminal = await opened({environment: {TERM: 'xterm-ghostty', NO_COLOR: '1'}});
	await terminal.shows('shop-web');
	const painted = await terminal.tmux('capture-pane', '-p', '-e');
	t.notRegex(painted, /\u{1B}\[[\d;]*3[0-8]/v); // eslint-disable-line no-control-regex, regexp/no-control-character -- colours are what it is about
	await terminal.press('q');
	await terminal.isRestored(0);
});

inTerminal('a terminal without Unicode shows nothing but ASCII', async t => {
	await using terminal = await opened({environment: {LC_ALL: 'C', LANG: 'C'}});
	await terminal.shows('shop-web');
	for (const key of ['2', '8', '9', '?']) {
		await terminal.press(key);
		await delay(150);
		t.regex(await terminal.screen(), /^[\n\u{20}-\u{7E}]*$/v, key);
	}

	await terminal.press('Escape');
	await delay(200);
	await terminal.press('Z', 'Z');
	await terminal.isRestored(0);
});

inTerminal('for a screen reader lines are appended to the normal screen', async t => {
	await using terminal = await opened({rows: 60, columns: 240}, '--demo --screen-reader');
	await terminal.shows(/row 1 of 14,\s+selected/v);
	t.is(await terminal.flag('alternate_on'), '0');
	await terminal.press('j');
	await terminal.shows(/row 2 of 14,\s+selected/v);
	await terminal.press('j');
	await terminal.shows(/row 3 of 14,\s+selected/v);
	await terminal.press('j');
	await terminal.shows(/row 4 of 14,\s+selected/v);
	await terminal.press('e');
	await terminal.shows('Ctrl-P Ctrl-Q detaches');
	await terminal.type('exit');
	await terminal.press('Enter');
	await terminal.shows(/The shell in \S+ exited with 0/v);
	await terminal.press('C-z');
	await terminal.shows('status 148');
	await terminal.type('fg');
	await terminal.press('Enter');
	await delay(300);
	await terminal.press('j');
	await terminal.shows(/row 5 of 14,\s+selected/v);
	await terminal.press('/');
	await terminal.shows('textbox: Filter containers:');
	await terminal.type('shop');
	await terminal.shows('textbox: Filter containers: shop');
	await terminal.press('Enter');
	const text = await terminal.shows('filter shop');
	t.regex(text, /kept[\s\S]*row 1 of 14[\s\S]*row 2 of 14[\s\S]*row 3 of 14[\s\S]*row 5 of 14/v);
	t.notRegex(text, /[\u{2500}-\u{25FF}\u{2800}-\u{28FF}]/v);
	await terminal.press('q');
	await terminal.shows(/ready>\s*$/v);
	t.is(await terminal.flag('cursor_flag'), '1');
});

inTerminal('without a terminal the dashboard prints an error or help and exits with 2', async t => {
	await using terminal = await openTerminal();
	await terminal.type(`${holm} --demo </dev/null 2>/dev/null; echo status $?; ${holm} --demo 2>&1 | cat; ${holm} 2>&1 | grep Usage; ${holm} --demo ps; echo e''nd`);
	await terminal.press('Enter');
	const text = await terminal.shows(/^end$/mv);
	t.regex(text, /^status 2$/mv);
	t.regex(text, /the dashboard needs a terminal/v);
	t.regex(text, /^Usage: holm/mv);
	t.regex(text, /--demo is for the dashboard/v);
});

inTerminal('an invalid configuration is an error before the first frame', async t => {
	await using terminal = await openTerminal({environment: {XDG_CONFIG_HOME: path.resolve(import.meta.dirname, '../../../../test/dashboard/fixtures')}});
	await terminal.type(`${holm} --demo; echo status $?`);
	await terminal.press('Enter');
	t.regex(await terminal.shows(/status \d/v), /unknown entry "colour"/v);
});
