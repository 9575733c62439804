/**
Generated pages of the documentation: `npm run reference` writes them, and a test compares them.
*/
import {groups, sections, type Entry} from '../../source/commands/command-table.js';
import {commandHelp, globalFlagsHelp} from '../../source/commands/help.js';
import {filterPrefixes} from '../../source/dashboard/state/list-items.js';
import {describeKey, namedKeys} from '../../source/dashboard/keys/keys.js';
import {defaultKeyMaps} from '../../source/dashboard/keys/key-maps.js';
import {dockerPage} from './docker-page.js';

type Entries = Readonly<Record<string, Entry>>;

const commandSections = async (prefix: string, entries: Entries): Promise<string> => {
	const texts = await Promise.all(Object.entries(entries).map(async ([name, {summary, load, aliases = []}]) => {
		const {command} = await load();
		const full = `${prefix}${name}`;
		const others = aliases.length === 0 ? '' : `\nAlso ${aliases.map(alias => `\`holm ${prefix}${alias}\``).join(', ')}.\n`;
		return `### holm ${full}\n${others}\n\`\`\`\n${commandHelp(full, summary, command)}\`\`\`\n`;
	}));
	return texts.join('\n');
};

/** The commands of a group that stand at the top level under the same name. */
const sharedNames = async ({entries}: {readonly entries: Entries}): Promise<ReadonlySet<string>> => {
	const alone = Object.assign({}, ...Object.values(sections)) as Entries;
	const same = await Promise.all(Object.entries(entries).map(async ([name, {load}]) => {
		const [own, other] = await Promise.all([load(), alone[name]?.load()]);
		return own.command === other?.command ? [name] : [];
	}));
	return new Set(same.flat());
};

/** The fields of all lists that a filter knows, each once. */
const prefixTexts = (): string => [...new Set(Object.values(filterPrefixes).flat())].map(name => `\`${name}:\``).join(' ');

const commandsPage = async (): Promise<string> => {
	const alone = await Promise.all(Object.entries(sections).map(async ([heading, entries]) => `## ${heading}\n\n${await commandSections('', entries)}`));
	const grouped = await Promise.all(Object.entries(groups).map(async ([name, group]) => {
		const shared = await sharedNames(group);
		const own = Object.fromEntries(Object.entries(group.entries).filter(([entry]) => !shared.has(entry)));
		const same = shared.size === 0 ? '' : `Same as without \`${name}\`: ${[...shared].map(entry => `\`${entry}\``).join(' ')}.\n`;
		const commands = await commandSections(`${name} `, own);
		return `## holm ${name}\n\n${[same, commands].filter(text => text !== '').join('\n')}`;
	}));
	return `# Commands

\`npm run reference\` generates this page from the commands; each part is the output of \`holm COMMAND --help\`.

## Flags before the command

\`\`\`
${globalFlagsHelp()}\`\`\`

## Exit statuses

| status | meaning |
| --- | --- |
| 0 | Success. |
| 1 | The command failed. Standard error has one line: the thing, the reason and, in parentheses, the remedy. |
| 2 | Usage error, such as an unknown command or flag; for the commands of the next row, 125. |
| 125 | \`run\`, \`create\`, \`attach\` and \`exec\`: Holm failed, not the process. |
| 126 | The same commands: the process's program cannot be executed. |
| 127 | The same commands: the process's program was not found. |
| any other | The same commands: the status of the process; 128 plus the number of the signal that ended it. |

On a terminal, control sequences in the output are escaped, except for the colours of \`holm logs\`. \`logs\`, JSON and templates are not changed when written to a pipe, nor is the terminal of \`attach\`, \`exec\` and \`run\`.

${[...alone, ...grouped].join('\n')}`;
};

const places: Readonly<Record<keyof typeof defaultKeyMaps, string>> = {
	global: 'Everywhere',
	list: 'Lists',
	textView: 'Views of text: topology, addresses, machine',
	containers: 'Containers',
	networks: 'Networks',
	logs: 'Logs',
	inspect: 'Inspect',
	images: 'Images',
	volumes: 'Volumes',
	dns: 'DNS records',
	events: 'Events',
	activity: 'Activity',
	dialog: 'Dialogs',
};

const keyText = (keys: readonly string[]): string => keys.map(key => `\`${describeKey(key).replaceAll('|', String.raw`\|`)}\``).join(' ');

const keyTable = (place: keyof typeof defaultKeyMaps): string => {
	const rows = defaultKeyMaps[place].map(({action, keys, title}) => `| ${keys.length === 0 ? 'by `:`' : keyText(keys)} | ${title} | \`${action}\` |`);
	return `### ${places[place]}\n\n| keys | effect | action |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
};

const dashboardPage = (): string => `# The dashboard

\`npm run reference\` generates this page; the key tables come from the source.

\`holm\` in a terminal opens the dashboard. \`holm --demo\` shows it with simulated containers on any system, without root: their shell and programs are a small part of Linux, and say what is "not in the demo"; \`holm --read-only\` refuses every change; \`--host\` and \`--root\` choose the [engine](engines.md).

## Configuration

The dashboard reads \`$XDG_CONFIG_HOME/holm/config.json\`, by default \`~/.config/holm/config.json\`. All entries are optional.

| entry | meaning | default |
| --- | --- | --- |
| \`keys\` | Keys of actions, replacing the defaults: \`{"containers.remove": ["delete"], "global.images": ["g i"]}\`. Keys separated by a space are a sequence. | see below |
| \`hosts\` | Engines by name: \`{"lab": "tcp://lab:2376"}\`. \`E\` lists them. | none |
| \`theme\` | \`"dark"\` or \`"light"\`. | asked of the terminal, or \`COLORFGBG\`, or dark |
| \`ascii\` | Use ASCII for borders and glyphs. | \`true\` where the locale is not UTF-8 |
| \`mouse\` | The wheel scrolls, a click selects, sorts on a head, and opens a tab or crumb of the header. The terminal's own selection then needs Shift. | \`false\` |
| \`screenReader\` | As \`--screen-reader\`. | \`false\` |
| \`refreshInterval\` | Milliseconds between readings of the engine, at least 250. | 2000 |
| \`logLines\` | Log lines kept in memory. | 20000 |

In \`keys\`, a key is written as its character, such as \`j\`, \`G\` or \`/\`; as ${namedKeys.map(name => `\`${name}\``).join(' ')}; or as a letter with Ctrl or Alt: \`ctrl+x\`, \`alt+x\`. The configured keys replace all keys of their action, and other actions of the same table lose them; \`[]\` leaves an action without keys. The dashboard does not start with an unknown action or key, and names the nearest; two actions on one key in one place are a warning, at the start and in \`holm doctor\`.

\`NO_COLOR\` switches colours off.

## Keys

After the first key of a sequence, the footer shows the keys that can follow; Esc cancels it. Destructive actions ask for confirmation; the default is No. \`u\` recreates the containers and networks of the last removal from their configuration, without their data, logs and ids; a volume or an image stays removed. \`?\` lists the keys of the current view.

Esc undoes one thing at a time: a search, a filter, marks; then it goes back to the place before, with its selection and scroll position. \`q\` goes back at once, and quits on the first screen. Quitting asks while jobs run. The header has the views as \`1\` to \`9\` open them, with \`!\` and the number of items that failed, and the way to the current place; with the mouse on, both can be clicked. \`:\` jumps to anything by a few letters: containers, projects, networks, images, volumes, DNS names, addresses, ports, views and actions. A running container with a health check is shown as starting, healthy or unhealthy.

${(Object.keys(places) as Array<keyof typeof defaultKeyMaps>).map(place => keyTable(place)).join('\n')}
## Lists

\`/\` filters by words that must all match what the list shows. A prefix searches one field, also one that is not shown; an unknown prefix is text. If a match is not on the screen, the column MATCH says what matched. The prompt counts the matches.

| word | finds |
| --- | --- |
| \`redis\` | The text in any column. |
| \`image:redis\` | The text in one field: ${prefixTexts()}. |
| \`port:80\`, \`id:3fa\`, \`ip:192.168\` | Ports, ids and addresses from their beginning. |
| \`ip:192.168.66.0/24\` | Addresses of a subnet. |
| \`network=back\` | The whole value. |
| \`!state:running\` | What does not match. |
| \`label:"two words"\`, \`"image:x"\` | Quotes keep spaces and colons. |

Marks stay when a filter hides them. They are counted on the border; no action applies to them then, and its question says how many it leaves out.

\`S\` and the letter of a column, or a click on its head, sort by it, and again in the other direction. Numbers, sizes, times and addresses sort as numbers; what has no value comes last. A sorted column is shown in any width. Columns appear in the order of their need as the terminal grows, and none disappears.

The containers of a Compose project are listed under its name, with the number of running and of unhealthy ones. \`-\` folds the project, \`+\` unfolds it. The heading stands for its containers: their logs, marks, start, stop, restart and removal, in the order of \`depends_on\`: those that need others are stopped first and started last. Enter on a network lists only its containers; Esc lists all again.

In the list of containers, memory is also shown as a part of its limit and CPU as its last readings; above 90 % both are coloured.

## Reading logs

A letter before each line is its level, as the line itself names it: \`F\` fatal, \`E\` error, \`W\` warning, \`I\` info, \`D\` debug, \`T\` trace. It is found in JSON and logfmt, in the formats of klog, syslog, Redis and systemd, in words such as \`[error]\` or \`WARN\`, and in the status of an access log (5xx is an error, 4xx a warning). A dim \`2\` marks a line of standard error without a level. \`e\` and \`E\` go to the next and the previous error of the lines in memory that the filter shows, and say its number; lines that were dropped are not searched.

\`J\` shows JSON and logfmt in columns (time, level, message, other fields), then JSON over several rows, then all lines as they were written. Lines stay in order, lines of other formats look the same, and search and filter always apply to the line as it was written. Of a line only the first 16 KiB are kept; the bytes that were cut off are counted at its end.

\`t\` shows times in the terminal's time zone, then in UTC; a line of another day has its date. With \`w\`, a line that is longer than the pane scrolls row by row under the cursor; without, \`‹\` and \`›\` at the border say that a line goes on, and the arrow keys move by half a screen.

\`v\` selects lines from the cursor on, \`y\` copies them by OSC 52, which tmux accepts with \`set-clipboard on\`. Terminals take about 74,000 bytes; the message says how many lines were cut off. \`Ctrl-S\` saves the selected lines, or all that the filter shows, in the current form, with times in UTC and, of several containers, their names. The file is readable by you alone. If it exists, the dashboard asks; it follows no symbolic link. Lines that are no longer in memory are counted; \`holm logs\` has them.

## The builder

The last row of the containers, \`[builder]\`, is [the builder](engines.md#the-builder), if there is one: its state, what its builds run or the size of its cache, its address, network and usage. The header shows \`building\` while clients build, and the machine view, \`M\`, lists the processes of all steps. They are read only while that row or view is visible.

Logs, inspect, shell, start, stop, remove, boot log and copying apply to it, and \`P\` removes the cache of builds; stopping or removing it during builds ends them, as the question says. Other actions on containers are refused. It cannot be marked, and marked containers take precedence over it: no action on many containers includes it.

## Screen readers

\`holm --screen-reader\`, \`"screenReader": true\` or \`INK_SCREEN_READER=true\` draws no screen. The dashboard prints plain lines instead: the current view, the item under the cursor, and changes of state. Forms and confirmations are questions and answers. Ctrl-L prints the whole pane or dialog. The keys are the same.
`;

/** The pages by their path from the project's directory. */
export const referencePages = async (): Promise<Readonly<Record<string, string>>> => ({
	'docs/commands.md': await commandsPage(),
	'docs/dashboard.md': dashboardPage(),
	'docs/docker.md': dockerPage(),
});
