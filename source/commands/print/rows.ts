import {HolmError} from '../../engine/errors.js';
import {print, type Context} from '../command.js';
import {escapeControls, escapeControlsInLines} from '../../text/escape.js';
import {layOutColumns} from './columns.js';

/** A field of a row: text, or a method for templates, such as `.Label "key"`. */
type Field = string | ((...values: readonly unknown[]) => string);

export type Row = Readonly<Record<string, Field>>;

export type RowOptions = {
	/** Headings by field, in the order of the columns; also those of `table {{.Field}}`. */
	readonly columns: Readonly<Record<string, string>>;
	/** Headings of fields that only `table` templates show. */
	readonly moreHeadings?: Readonly<Record<string, string>>;
	/** `--format`: `json`, `table`, `table TEMPLATE` or a template. */
	readonly format?: string;
	/** The only field that `-q` prints. */
	readonly quiet?: string;
};

/** The flags of all lists. */
export const listFlags = {
	quiet: {type: 'boolean', shortFlag: 'q', description: 'Print only ids or names, one per line'},
	format: {type: 'string', value: 'FORMAT', description: '"json", "table TEMPLATE" or a Go template such as {{.ID}}'},
	noTrunc: {type: 'boolean', description: 'Print long values in full'},
} as const;

const escapeRow = (row: Row): Row => Object.fromEntries(Object.entries(row).map(([name, field]) => [
	name,
	typeof field === 'string' ? escapeControls(field) : (...values: readonly unknown[]) => escapeControls(field(...values)),
]));

// A quoted `\t` arrives from the shell as two characters; Docker reads it as a tab.
const withEscapes = (template: string) => template.replaceAll(String.raw`\t`, '\t').replaceAll(String.raw`\n`, '\n');

const heading = (name: string, {columns, moreHeadings}: RowOptions) =>
	columns[name] ?? moreHeadings?.[name] ?? name.replaceAll(/(?<=[a-z])(?=[A-Z])/gv, ' ').toUpperCase();

const tableOf = async (rows: readonly Row[], template: string, options: RowOptions): Promise<string> => {
	const {compileTemplate} = await import('./go-template.js');
	const render = compileTemplate(template);
	const used = template.matchAll(/(?<=\.)\w+/gv).map(([name]) => name).toArray();
	const headings = Object.fromEntries([...new Set([...Object.keys(rows[0] ?? {}), ...used])].map(name => [name, name === 'Label' ? String : heading(name, options)]));
	const lines = [render(headings), ...rows.map(row => render(escapeRow(row), {strict: true}))];
	return layOutColumns(lines.map(line => line.split('\t')));
};

/** Rows in the requested format, each with its line feed. `isForTerminal` escapes control characters. */
export const renderRows = async (rows: readonly Row[], options: RowOptions, isForTerminal: boolean): Promise<string> => {
	const {columns, format = 'table', quiet} = options;
	if (quiet && format === 'table') {
		return rows.map(row => `${escapeControls(row[quiet] as string)}\n`).join('');
	}

	if (format === 'json') {
		const text = rows.map(row => `${JSON.stringify(row)}\n`).join('');
		return isForTerminal ? escapeControlsInLines(text) : text;
	}

	if (format === 'table') {
		const names = Object.keys(columns);
		return layOutColumns([Object.values(columns), ...rows.map(row => names.map(name => escapeControls(row[name] as string)))]);
	}

	if (format.startsWith('table ')) {
		return tableOf(rows, withEscapes(format.slice('table '.length)), options);
	}

	if (!format.includes('{{')) {
		throw new HolmError('invalid', `invalid format "${format}"`, {remedy: 'it is json, table, or a template such as {{.ID}}'});
	}

	const {compileTemplate} = await import('./go-template.js');
	const render = compileTemplate(withEscapes(format));
	return rows.map(row => `${render(isForTerminal ? escapeRow(row) : row, {strict: true})}\n`).join('');
};

/** Prints a list. */
export const printRows = async (context: Context, rows: readonly Row[], options: RowOptions): Promise<void> => {
	const text = await renderRows(rows, options, context.stdout.isTTY === true);
	if (text !== '') {
		print(context, text.slice(0, -1));
	}
};
