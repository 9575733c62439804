import {cut} from '../../text/fit.js';
import type {Role} from '../frame/theme.js';
import {clockText, clockWidth, parseTime, type Clock} from './clock.js';
import {levelOf, type Level} from './level.js';
import type {LogLine} from './log-buffer.js';
import {columnsOf, jsonTokens, linesOfToken, structureOf, type Columns} from './structure.js';

/** How lines are shown: as they were written; the fields of JSON and logfmt in columns; or JSON over several rows. */
export type LogForm = 'raw' | 'columns' | 'pretty';

export const logForms: readonly LogForm[] = ['raw', 'columns', 'pretty'];

/** A style from an index on: of a role, or the container's own SGR parameters; empty for the default style. */
export type Style = {readonly at: number; readonly role?: Role; readonly sgr?: string};

/** A line, or one of its lines, as it is shown. */
export type ShownText = {readonly text: string; readonly styles: readonly Style[]};

export const levelRoles: Readonly<Record<Level, Role>> = {fatal: 'bad', error: 'bad', warning: 'warning', info: 'good', debug: 'dim', trace: 'dim'};

const levelTitles: Readonly<Record<Level, string>> = {fatal: 'FATAL', error: 'ERROR', warning: 'WARN', info: 'INFO', debug: 'DEBUG', trace: 'TRACE'};
const levelWidth = 5;

/** Rows that one line of JSON takes at most; more are counted. */
const mostRows = 500;
const mostIndent = 20;

const cutNote = ({cutBytes}: LogLine): string => cutBytes ? ` [${cutBytes} more bytes]` : '';

const builder = () => {
	let text = '';
	const styles: Style[] = [];
	return {
		add(piece: string, role: Role = 'text') {
			if (piece !== '') {
				styles.push({at: text.length, role});
				text += piece;
			}
		},
		done: (): ShownText => ({text, styles}),
	};
};

const raw = (line: LogLine): ShownText => {
	const {text, runs = []} = line;
	const note = cutNote(line);
	return {text: text + note, styles: note === '' ? runs : [...runs, {at: text.length, role: 'dim'}]};
};

const timeText = ({time}: Columns, {timestamp}: LogLine, clock: Clock): string => {
	const parsed = time === undefined ? Date.parse(timestamp) : parseTime(time);
	return cut(parsed === undefined ? /\d{2}:\d{2}:\d{2}(?:[.,]\d{1,3})?/v.exec(time!)?.[0] ?? time! : clockText(parsed, clock), clockWidth);
};

const columns = (line: LogLine, clock: Clock): ShownText | undefined => {
	const structure = structureOf(line.text);
	if (!structure) {
		return undefined;
	}

	const found = columnsOf(structure);
	const level = found.level ?? levelOf(line.text);
	const {add, done} = builder();
	add(`${timeText(found, line, clock).padStart(clockWidth)} `, 'dim');
	add((found.levelText === undefined ? (level ? levelTitles[level] : '') : cut(found.levelText, levelWidth)).padEnd(levelWidth), level ? levelRoles[level] : 'text');
	add(found.message === '' ? '' : ` ${found.message}`);
	for (const {key, text} of found.rest) {
		add(` ${key}=`, 'accent');
		add(/[\s=]/v.test(text) || text === '' ? `"${text}"` : text, 'dim');
	}

	return done();
};

const isOpening = (token: string | undefined): boolean => token === '{' || token === '[';

const isClosing = (token: string | undefined): boolean => token === '}' || token === ']';

/** JSON with a field on each row; line breaks inside strings break the row. */
const pretty = (tokens: readonly string[]): readonly ShownText[] => {
	const rows: ShownText[] = [];
	let row = builder();
	let depth = 0;
	const indent = () => '  '.repeat(Math.min(depth, mostIndent));
	const end = () => {
		rows.push(row.done());
		row = builder();
	};

	for (const [index, token] of tokens.entries()) {
		const next = tokens[index + 1];
		if (isOpening(token)) {
			row.add(token);
			depth++;
			if (!isClosing(next)) {
				end();
				row.add(indent());
			}
		} else if (isClosing(token)) {
			depth--;
			if (!isOpening(tokens[index - 1])) {
				end();
				row.add(indent());
			}

			row.add(token);
		} else if (token === ',') {
			row.add(token);
			end();
			row.add(indent());
		} else if (token === ':') {
			row.add(': ');
		} else if (next === ':') {
			row.add(token, 'accent');
		} else {
			const [first = '', ...others] = token.startsWith('"') && token.includes(String.raw`\n`) ? linesOfToken(token) : [token];
			row.add(others.length > 0 ? `"${first}` : first);
			for (const [number, other] of others.entries()) {
				end();
				row.add(`${indent()}  ${other}${number === others.length - 1 ? '"' : ''}`);
			}
		}
	}

	end();
	return rows.length > mostRows ? [...rows.slice(0, mostRows), {text: `[${rows.length - mostRows} more rows]`, styles: [{at: 0, role: 'dim'}]}] : rows;
};

/** A line in a form, as one or several lines of text. Lines that are not structured look the same in every form. */
export const shownTexts = (line: LogLine, form: LogForm, clock: Clock): readonly ShownText[] => {
	if (form === 'columns') {
		return [columns(line, clock) ?? raw(line)];
	}

	const tokens = form === 'pretty' ? jsonTokens(line.text) : undefined;
	return tokens ? pretty(tokens) : [raw(line)];
};
