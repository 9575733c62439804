/**
Draws the picture in the readme: runs the program in tmux, presses keys, and writes the screen as SVG.

Usage: node dist/demos/dashboard/picture.js FILE [--size COLUMNSxROWS] [--keys 'KEY KEY …'] [-- HOLM-ARGUMENTS…]

Keys have tmux's names, such as `Down`, `Enter` or `i`. The default arguments for holm are `--demo`.
*/
import {writeFile} from 'node:fs/promises';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {run} from '../../source/host/run.js';

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));

const palette = ['#21262d', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#c9d1d9', '#6e7681', '#ffa198', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#f0f6fc'];
const foreground = '#c9d1d9';
const background = '#0d1117';
const cell = {width: 8.4, height: 18};
const margin = 12;

type Style = Readonly<Partial<Record<'color' | 'fill', string> & Record<'bold' | 'dim' | 'inverse' | 'underline' | 'italic', boolean>>>;

/** The 256 colours of xterm: 16 of the palette, a cube of 6×6×6, and 24 greys. */
const indexed = (index: number): string => {
	if (index < 16) {
		return palette[index] ?? foreground;
	}

	if (index >= 232) {
		const grey = 8 + ((index - 232) * 10);
		return `rgb(${grey},${grey},${grey})`;
	}

	const level = (value: number) => value === 0 ? 0 : 55 + (value * 40);
	const cube = index - 16;
	return `rgb(${level(Math.floor(cube / 36))},${level(Math.floor(cube / 6) % 6)},${level(cube % 6)})`;
};

/** Parses the colour after 38 or 48, `5;N` or `2;R;G;B`, and removes its numbers from the list. */
const takeColor = (codes: number[]): string => {
	if (codes.shift() === 5) {
		return indexed(codes.shift() ?? 0);
	}

	return `rgb(${codes.splice(0, 3).join(',')})`;
};

const flags = new Map<number, Style>(Object.entries<Style>({
	1: {bold: true}, 2: {dim: true}, 3: {italic: true}, 4: {underline: true}, 7: {inverse: true},
	22: {bold: false, dim: false}, 23: {italic: false}, 24: {underline: false}, 27: {inverse: false},
	39: {color: undefined}, 49: {fill: undefined},
}).map(([code, style]) => [Number(code), style]));

/** The style after one `ESC [ … m`. */
const restyle = (style: Style, parameters: string): Style => {
	const codes = parameters.split(/[:;]/v).map(Number);
	let result = style;
	while (codes.length > 0) {
		const code = codes.shift()!;
		if (code === 0) {
			result = {};
		} else if (code === 38) {
			result = {...result, color: takeColor(codes)};
		} else if (code === 48) {
			result = {...result, fill: takeColor(codes)};
		} else if (flags.has(code)) {
			result = {...result, ...flags.get(code)};
		} else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
			result = {...result, color: indexed(code >= 90 ? code - 82 : code - 30)};
		} else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) {
			result = {...result, fill: indexed(code >= 100 ? code - 92 : code - 40)};
		}
	}

	return result;
};

type Run = {readonly text: string; readonly style: Style; readonly column: number};

const runsOf = (line: string, begin: Style): {readonly runs: readonly Run[]; readonly style: Style} => {
	const runs: Run[] = [];
	let style = begin;
	let column = 0;
	// eslint-disable-next-line no-control-regex, regexp/no-control-character -- escape sequences begin with one
	for (const {groups} of line.matchAll(/\u{1B}\[(?<parameters>[\d:;]*)m|(?<text>[^\u{1B}]+)/gv)) {
		const {parameters, text} = groups!;
		if (text === undefined) {
			style = restyle(style, parameters ?? '');
		} else {
			runs.push({text, style, column});
			column += [...text].length;
		}
	}

	return {runs, style};
};

const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const drawRun = ({text, style, column}: Run, row: number): string => {
	const {length} = [...text];
	const [ink, paper] = style.inverse ? [style.fill ?? background, style.color ?? foreground] : [style.color ?? foreground, style.fill];
	const x = margin + (column * cell.width);
	const y = margin + (row * cell.height);
	const box = paper ? `<rect x="${x}" y="${y}" width="${length * cell.width}" height="${cell.height}" fill="${paper}"/>` : '';
	const look = [style.bold ? ' font-weight="bold"' : '', style.italic ? ' font-style="italic"' : '', style.dim ? ' opacity="0.6"' : '', style.underline ? ' text-decoration="underline"' : ''].join('');
	return text.trim() === ''
		? box
		: `${box}<text x="${x}" y="${y + 13.5}" fill="${ink}" textLength="${length * cell.width}"${look} xml:space="preserve">${escapeXml(text)}</text>`;
};

/** A terminal's lines, with their SGR sequences, as SVG. */
export const drawTerminal = (lines: readonly string[], columns: number): string => {
	const width = (columns * cell.width) + (margin * 2);
	const height = (lines.length * cell.height) + (margin * 2);
	let style: Style = {};
	const drawn = lines.map((line, row) => {
		const read = runsOf(line, style);
		({style} = read);
		return read.runs.map(piece => drawRun(piece, row)).join('');
	});
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="${background}"/>
${drawn.filter(Boolean).join('\n')}
</svg>
`;
};

const {values, positionals} = parseArgs({
	allowPositionals: true,
	options: {size: {type: 'string', default: '120x36'}, keys: {type: 'string', default: ''}, wait: {type: 'string', default: '4'}},
});
const [file, ...holmArguments] = positionals;
if (file === undefined) {
	process.stderr.write('Usage: picture FILE [--size COLUMNSxROWS] [--keys KEYS] [--wait SECONDS] [-- HOLM-ARGUMENTS…]\n');
	process.exitCode = 2;
} else {
	const [columns = 120, rows = 36] = values.size.split('x').map(Number);
	const session = `holm-picture-${process.pid}`;
	const tmux = async (...words: string[]) => run('tmux', ['-L', session, '-f', '/dev/null', ...words]);
	await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), '-e', 'COLORTERM=truecolor', process.execPath, cli, ...holmArguments.length > 0 ? holmArguments : ['--demo']);
	try {
		await tmux('set-option', '-g', 'status', 'off');
		await tmux('resize-window', '-x', String(columns), '-y', String(rows));
		await delay(Number(values.wait) * 1000);
		const keys = values.keys.split(' ').filter(Boolean);
		for (const key of keys) {
			await tmux('send-keys', key);
			await delay(400);
		}

		const {stdout} = await tmux('capture-pane', '-p', '-e');
		await writeFile(file, drawTerminal(stdout.replace(/\n$/v, '').split('\n'), columns));
	} finally {
		await tmux('kill-server');
	}
}
