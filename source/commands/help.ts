import {withHelpFlag, type FlagTable} from '../flags/flag-table.js';
import {kebabCase} from '../flags/split-arguments.js';
import type {Command} from './command.js';
import {
	groups,
	sections,
	type Entry,
	type Group,
} from './command-table.js';

const indent = 2;

const pairs = (rows: ReadonlyArray<readonly [string, string]>): string => {
	const width = Math.max(...rows.map(([left]) => left.length)) + 3;
	return rows.map(([left, right]) => `${' '.repeat(indent)}${left.padEnd(width)}${right}\n`).join('');
};

const flagRows = (flags: FlagTable): ReadonlyArray<readonly [string, string]> => Object.entries(flags)
	// `localeCompare` would load the rules of a language.
	.toSorted(([a], [b]) => a.toLowerCase() < b.toLowerCase() ? -1 : 1)
	.map(([key, {shortFlag, aliases = [], value, description, default: standard}]) => {
		const names = [`--${kebabCase(key)}`, ...aliases.map(alias => `--${alias}`)].join(', ');
		return [
			`${shortFlag ? `-${shortFlag}, ` : ' '.repeat(4)}${names}${value ? ` ${value}` : ''}`,
			`${description}${typeof standard === 'string' || standard === true ? ` (default ${standard})` : ''}`,
		];
	});

/** Flags before the command. */
export const globalFlags = {
	root: {type: 'string', value: 'DIR', description: 'Directory of the engine on this host (HOLM_ROOT)'},
	host: {
		type: 'string', shortFlag: 'H', value: 'ADDRESS', description: 'Another engine: unix:///path, tcp://host:port, ssh://user@host, apple://user@host, context://NAME, docker, apple, or own (HOLM_HOST)',
	},
	demo: {type: 'boolean', description: 'Show the dashboard with demo containers, without an engine'},
	screenReader: {type: 'boolean', description: 'Print the dashboard as lines for a screen reader'},
	readOnly: {type: 'boolean', description: 'Open the dashboard read-only'},
	debug: {type: 'boolean', description: 'Print the stack of an error'},
	version: {type: 'boolean', shortFlag: 'v', description: 'Print the version'},
} as const satisfies FlagTable;

/** The help of the flags before the command. */
export const globalFlagsHelp = (): string => pairs(flagRows(withHelpFlag(globalFlags)));

/** The help of one command. */
export const commandHelp = (name: string, summary: string, {usage, flags}: Command): string => [
	`Usage: holm ${name} [flags]${usage === '' ? '' : ` ${usage}`}\n`,
	`\n${summary}\n`,
	`\nFlags:\n${pairs(flagRows(withHelpFlag(flags)))}`,
].join('');

const entryRows = (entries: Readonly<Record<string, Entry>>): ReadonlyArray<readonly [string, string]> =>
	Object.entries(entries).map(([name, {summary, aliases = []}]) => [[name, ...aliases].join(', '), summary]);

/** The help of a group such as `network`. */
export const groupHelp = (name: string, {summary, entries}: Group): string => [
	`Usage: holm ${name} COMMAND [flags]\n`,
	`\n${summary}\n`,
	`\nCommands:\n${pairs(entryRows(entries))}`,
	`\nholm ${name} COMMAND --help explains a command.\n`,
].join('');

/** The help of `holm` itself. */
export const overview = (): string => [
	'Usage: holm [flags] COMMAND [ARG...]\n',
	'\nRuns each container in its own virtual machine, with a bridge and a name server per network. Without a command, in a terminal: the dashboard.\n',
	...Object.entries(sections).map(([heading, entries]) => `\n${heading}:\n${pairs(entryRows(entries))}`),
	`\nGroups:\n${pairs(Object.entries(groups).map(([name, {summary}]) => [name, summary]))}`,
	`\nFlags:\n${globalFlagsHelp()}`,
	'\nholm COMMAND --help explains a command.\n',
].join('');
