/**
Generated pages of the documentation: `npm run reference` writes them, and a test compares them.
*/
import {groups, sections, type Entry} from '../../source/commands/command-table.js';
import {commandHelp, globalFlagsHelp} from '../../source/commands/help.js';
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
	const rows = defaultKeyMaps[place].map(({action, keys, title}) => `| ${keyText(keys)} | ${title} | \`${action}\` |`);
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
| \`theme\` | \`"dark"\` or \`"light"\`. | from the terminal |
| \`ascii\` | Use ASCII for borders and glyphs. | \`true\` where the locale is not UTF-8 |
| \`mouse\` | The wheel scrolls and a click selects. The terminal's own selection then needs Shift. | \`false\` |
| \`screenReader\` | As \`--screen-reader\`. | \`false\` |
| \`refreshInterval\` | Milliseconds between readings of the engine, at least 250. | 2000 |
| \`logLines\` | Log lines kept in memory. | 20000 |

In \`keys\`, a key is written as its character, such as \`j\`, \`G\` or \`/\`; as ${namedKeys.map(name => `\`${name}\``).join(' ')}; or as a letter with Ctrl or Alt: \`ctrl+x\`, \`alt+x\`. The configured keys replace all keys of their action, and other actions of the same table lose them; \`[]\` leaves an action without keys. The dashboard does not start with an unknown action or key.

\`NO_COLOR\` switches colours off.

## Keys

After the first key of a sequence, the footer shows the keys that can follow; Esc cancels it. Destructive actions ask for confirmation; the default is No. \`u\` recreates the containers and networks of the last removal from their configuration, without their data, logs and ids; a volume or an image stays removed. \`?\` lists the keys of the current view, \`:\` finds any action by name. A running container with a health check is shown as starting, healthy or unhealthy.

${(Object.keys(places) as Array<keyof typeof defaultKeyMaps>).map(place => keyTable(place)).join('\n')}
## The builder

The last row of the containers, \`[builder]\`, is [the builder](engines.md#the-builder), if there is one: its state, what its builds run or the size of its cache, its address, network and usage. The header shows \`building\` while clients build, and the machine view, \`M\`, lists the processes of all steps. They are read only while that row or view is visible.

Logs, inspect, shell, start, stop, remove, boot log and copying apply to it, and \`B\` removes the cache of builds; stopping or removing it during builds ends them, as the question says. Other actions on containers are refused. It cannot be marked, and marked containers take precedence over it: no action on many containers includes it.

## Screen readers

\`holm --screen-reader\`, \`"screenReader": true\` or \`INK_SCREEN_READER=true\` draws no screen. The dashboard prints plain lines instead: the current view, the item under the cursor, and changes of state. Forms and confirmations are questions and answers. Ctrl-L prints the whole pane or dialog. The keys are the same.
`;

/** The pages by their path from the project's directory. */
export const referencePages = async (): Promise<Readonly<Record<string, string>>> => ({
	'docs/commands.md': await commandsPage(),
	'docs/dashboard.md': dashboardPage(),
	'docs/docker.md': dockerPage(),
});
