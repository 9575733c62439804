/**
Pages of the documentation that follow from tables of the source: `npm run reference` writes them, and a test compares.
*/
import {groups, sections, type Entry} from '../../source/commands/command-table.js';
import {commandHelp} from '../../source/commands/help.js';
import {describeKey} from '../../source/dashboard/keys/keys.js';
import {defaultKeyMaps} from '../../source/dashboard/keys/key-maps.js';

type Entries = Readonly<Record<string, Entry>>;

const commandSections = async (prefix: string, entries: Entries): Promise<string> => {
	const texts = await Promise.all(Object.entries(entries).map(async ([name, {load, aliases = []}]) => {
		const {command} = await load();
		const full = `${prefix}${name}`;
		const others = aliases.length === 0 ? '' : `\nAlso ${aliases.map(alias => `\`holm ${prefix}${alias}\``).join(', ')}.\n`;
		return `### holm ${full}\n${others}\n\`\`\`\n${commandHelp(full, command)}\`\`\`\n`;
	}));
	return texts.join('\n');
};

/** Commands of a group that stand alone too are explained there. */
const ownEntries = ({entries}: {readonly entries: Entries}): Entries => {
	const alone = new Set(Object.values(sections).flatMap(section => Object.keys(section)));
	return Object.fromEntries(Object.entries(entries).filter(([name]) => !alone.has(name)));
};

const commandsPage = async (): Promise<string> => {
	const alone = await Promise.all(Object.entries(sections).map(async ([heading, entries]) => `## ${heading}\n\n${await commandSections('', entries)}`));
	const grouped = await Promise.all(Object.entries(groups).map(async ([name, group]) => {
		const own = ownEntries(group);
		const shared = Object.keys(group.entries).filter(entry => !Object.hasOwn(own, entry));
		const same = shared.length === 0 ? '' : `The same as without \`${name}\`: ${shared.map(entry => `\`${entry}\``).join(' ')}.\n`;
		const commands = await commandSections(`${name} `, own);
		return `## holm ${name}\n\n${[same, commands].filter(text => text !== '').join('\n')}`;
	}));
	return `# Commands

\`npm run reference\` writes this page from the commands' own tables; each part is what \`holm COMMAND --help\` prints.

## Exit statuses

| status | meaning |
| --- | --- |
| 0 | Success. |
| 1 | The command failed. Standard error has one line: the thing, the reason and, in parentheses, the remedy. |
| 2 | A word or a flag that the command does not know. |
| 125 | \`run\`, \`create\`, \`attach\` and \`exec\`: Holm failed, not the process. |
| 126, 127 | The same commands: the program cannot be executed; there is no such program. |
| any other | The same commands: the status of the process; 128 and the number of the signal that ended it. |

On a terminal, control sequences in what commands print are shown and not obeyed, except for the colours of \`holm logs\`. \`logs\`, JSON and templates keep every byte in pipes, and so does the terminal of \`attach\`, \`exec\` and \`run\`.

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
	dialog: 'Dialogs',
};

const keyText = (keys: readonly string[]): string => keys.map(key => `\`${describeKey(key).replaceAll('|', String.raw`\|`)}\``).join(' ');

const keyTable = (place: keyof typeof defaultKeyMaps): string => {
	const rows = defaultKeyMaps[place].map(({action, keys, title}) => `| ${keyText(keys)} | ${title} | \`${action}\` |`);
	return `### ${places[place]}\n\n| keys | effect | action |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
};

const dashboardPage = (): string => `# The dashboard

\`npm run reference\` writes this page; the tables of keys are those of the program.

\`holm\` in a terminal opens the dashboard. \`holm --demo\` shows it over made-up containers on any system, without root; \`holm --read-only\` refuses every change; \`--host\` and \`--root\` choose the [engine](engines.md).

## Configuration

The dashboard reads \`$XDG_CONFIG_HOME/holm/config.json\`, by default \`~/.config/holm/config.json\`. All entries are optional.

| entry | meaning | default |
| --- | --- | --- |
| \`keys\` | Keys of actions, in place of their own: \`{"containers.remove": ["delete"], "global.images": ["g i"]}\`. Two keys with a space between them are a sequence. | see below |
| \`hosts\` | Engines by name: \`{"lab": "tcp://lab:2376"}\`. \`E\` lists them. | none |
| \`theme\` | \`"dark"\` or \`"light"\`. | what the terminal says |
| \`ascii\` | Borders and glyphs of ASCII. | \`true\` where the locale is not UTF-8 |
| \`mouse\` | The wheel scrolls and a click selects. The terminal's own selection needs Shift then. | \`false\` |
| \`screenReader\` | As \`--screen-reader\`. | \`false\` |
| \`refreshInterval\` | Milliseconds between two readings of the engine, from 250. | 2000 |
| \`logLines\` | Log lines kept in memory. | 20000 |

\`NO_COLOR\` switches colours off.

## Keys

A pending key sequence shows its continuations in the footer; Esc cancels it. Destructive actions ask for confirmation; the default is No. \`?\` lists the keys that work where you are, \`:\` finds any action by its name.

${(Object.keys(places) as Array<keyof typeof defaultKeyMaps>).map(place => keyTable(place)).join('\n')}
## Screen readers

\`holm --screen-reader\`, \`"screenReader": true\` or \`INK_SCREEN_READER=true\` draws no screen. The dashboard prints plain lines instead: where you are, what the cursor comes to, and what changes its state. Forms and confirmations are questions and answers. Ctrl-L reads the whole pane or dialog. The keys are the same.
`;

/** The pages by their path from the project's directory. */
export const referencePages = async (): Promise<Readonly<Record<string, string>>> => ({
	'docs/commands.md': await commandsPage(),
	'docs/dashboard.md': dashboardPage(),
});
