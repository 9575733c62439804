import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {hasTmux, openTerminal} from '../helpers/tmux.js';

const cli = path.resolve(import.meta.dirname, '../../../cli.js');
const inTerminal = hasTmux ? test : test.skip;

/** The rows of panes with the style of the cursor in the focused one, without styles. */
const cursorRows = (painted: string): readonly string[] =>
	painted.split('\n').filter(row => row.includes('\u{1B}[48;5;24m')).map(row => row.replaceAll(/\u{1B}\[[\d;]*m/gv, '')).filter(row => row.startsWith('│')); // eslint-disable-line no-control-regex, regexp/no-control-character -- it is how it is painted

inTerminal('in a terminal the cursor of a log is seen on a match, and its line is copied', async t => {
	t.timeout(120_000);
	await using terminal = await openTerminal({environment: {HOME: '/nonexistent', XDG_CONFIG_HOME: '/nonexistent'}});
	const {tmux, press, type, shows} = terminal;
	await type(`${process.execPath} ${cli} --demo`);
	await press('Enter');
	await shows('shop-web');
	await press('G');
	await shows(/3 Logs of blog-db[\s\S]*checkpoint complete/v);
	await press('3', '/');
	await shows(/^ Search/mv);
	await type('checkpoint');
	await press('Enter');
	await shows(/search checkpoint: \d+ match/v);
	await press('k', 'k');
	const rows = cursorRows(await tmux('capture-pane', '-p', '-e'));
	t.is(rows.length, 1);
	await press('y');
	await shows('Copied: ');
	const copied = await tmux('show-buffer');
	t.regex(copied, /LOG: {2}checkpoint/v);
	// Between border, mark and the mark at the right.
	const [, text = ''] = /^│[A-Z] (?<text>[^›│]+)/v.exec(rows[0]!) ?? [];
	t.true(copied.startsWith(text.trimEnd()), `${copied}\n${rows[0]}`);
	await press('q');
});
