import {HolmError} from '../../engine/errors.js';
import type {StatsVerbs} from '../../engine/stats.js';
import {columnNamed, type Column, type ListedProcess, type Listing} from './process-columns.js';

/** Titles and rows, as `ps` prints them. */
export type ProcessList = Awaited<ReturnType<StatsVerbs['top']>>;

type Format = readonly Column[];

const format = (...names: readonly string[]): Format => names.map(name => columnNamed(name)!);

const full = format('uid', 'pid', 'ppid', 'c', 'stime', 'tty', 'time', 'cmd');

const unixDefault = format('pid', 'tty', 'time', 'ucmd');
const bsdDefault = format('pid', 'tty', 'stat', 'time', 'command');

/** Formats of options that begin with a dash, as procps has them. */
const unixFormats: Readonly<Record<string, Format>> = {
	f: full,
	F: format('uid', 'pid', 'ppid', 'c', 'sz', 'rss', 'psr', 'stime', 'tty', 'time', 'cmd'),
	l: format('f', 's', 'uid', 'pid', 'ppid', 'c', 'pri', 'ni', 'addr', 'sz', 'wchan', 'tty', 'time', 'ucmd'),
	j: format('pid', 'pgid', 'sid', 'tty', 'time', 'ucmd'),
};

/** Formats of BSD's options, without a dash. */
const bsdFormats: Readonly<Record<string, Format>> = {
	u: format('user', 'pid', '%cpu', '%mem', 'vsz', 'rss', 'tty', 'stat', 'start', 'time', 'command'),
	l: format('f', 'uid', 'pid', 'ppid', 'pri', 'ni', 'vsz', 'rss', 'wchan', 'stat', 'tty', 'time', 'command'),
	j: format('ppid', 'pid', 'pgid', 'sid', 'tty', 'stat', 'uid', 'time', 'command'),
};

/** Options that select all processes, or change only the width: a list always has all processes of its container, whole. */
const unixNothing = new Set('AaedHwy');
const bsdNothing = new Set('axgfwe');

const refuse = (option: string): never => {
	throw new HolmError('unsupported', `the option ${JSON.stringify(option.slice(0, 64))} of ps is not supported`, {remedy: 'use -ef, -F, -l, -j, aux, or -o with columns, such as -o pid,user,comm'});
};

/** The columns of `pid,comm` or `pid=ID`. A title of one's own ends the list. */
const columnsOf = (list: string): Format => {
	const columns: Column[] = [];
	let rest = list;
	do {
		const match = /^(?<name>[^,=\s:]+)(?::\d+)?(?:=(?<title>.*))?/v.exec(rest);
		const {name = '', title} = match?.groups ?? {};
		const column = columnNamed(name);
		if (!match || !column) {
			throw new HolmError('invalid', `ps has no column ${JSON.stringify((name || rest).slice(0, 64))}`, {remedy: 'columns are pid, ppid, user, comm, args, time, rss and so on'});
		}

		columns.push(title === undefined ? column : {...column, title});
		rest = rest.slice(match[0].length).replace(/^[,\s]+/v, '');
	} while (rest !== '');

	return columns;
};

/** The columns that options of `ps` ask for. Throws `unsupported` for options that select processes. */
const parseOptions = (text: string): Format => {
	const words = text.trim().split(/\s+/v).filter(Boolean);
	const chosen: Column[] = [];
	let preset: Format | undefined;
	let isBsd = false;
	for (let word = words.shift(); word !== undefined; word = words.shift()) {
		const long = /^--(?:format(?:=(?<list>.*))?|(?<other>.*))$/v.exec(word)?.groups;
		if (long) {
			chosen.push(...long.other === undefined ? columnsOf(long.list ?? words.shift() ?? '') : refuse(word));
			continue;
		}

		const isUnix = word.startsWith('-');
		const [formats, nothing] = isUnix ? [unixFormats, unixNothing] : [bsdFormats, bsdNothing];
		const letters = isUnix ? word.slice(1) : word;
		isBsd ||= !isUnix;
		for (const [index, letter] of [...letters].entries()) {
			if (letter === 'o') {
				chosen.push(...columnsOf(letters.slice(index + 1) || (words.shift() ?? '')));
				break;
			}

			preset = formats[letter] ?? (nothing.has(letter) ? preset : refuse(word));
		}
	}

	return chosen.length > 0 ? chosen : preset ?? (isBsd ? bsdDefault : unixDefault);
};

/** The processes of a container in the columns of `ps` with these options; default those of `-ef`. Throws `invalid` without a column PID, as Docker does. */
export const listedAs = (options: string | undefined, listing: Listing, processes: readonly ListedProcess[]): ProcessList => {
	const columns = options === undefined || options.trim() === '' ? full : parseOptions(options);
	const titles = columns.map(({title}) => title);
	if (!titles.includes('PID')) {
		throw new HolmError('invalid', 'Couldn\'t find PID field in ps output', {remedy: 'add the column pid'});
	}

	return {titles, processes: processes.map(process => columns.map(({value}) => value(process, listing)))};
};
