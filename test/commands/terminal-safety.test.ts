import {Buffer} from 'node:buffer';
import test from 'ava';
import type {Command} from '../../source/commands/command.js';
import {command as inspectContainer} from '../../source/commands/container/inspect.js';
import {command as logs} from '../../source/commands/container/logs.js';
import {command as ps} from '../../source/commands/container/ps.js';
import {command as history} from '../../source/commands/image/history.js';
import {command as images} from '../../source/commands/image/ls.js';
import {command as networks} from '../../source/commands/network/ls.js';
import {command as events} from '../../source/commands/system/events.js';
import {command as info} from '../../source/commands/system/info.js';
import {command as version} from '../../source/commands/system/version.js';
import {createLogText} from '../../source/commands/print/log-text.js';
import type {Engine} from '../../source/engine/engine.js';
import type {LogEntry} from '../../source/engine/resources.js';
import {container, image, network, noon} from '../engine/resources.js';
import {createContext} from './helpers/context.js';
import {runCommand} from './helpers/run-command.js';

const hostile = 'a\u{1B}[2J\u{9B}2J\u{7F}\u{202E}\u{2066}\u{200F}\u{61C}\u{E0041}\u{E007F}z';
// What a terminal obeys or hides; a line feed is nobody's harm.
// eslint-disable-next-line no-control-regex, regexp/no-control-character -- control characters are what it is about
const obeyed = /[\u{0}-\u{9}\u{B}-\u{1F}\u{7F}-\u{9F}\u{61C}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}\u{E0000}-\u{E007F}]/v;

const labels = {[hostile]: hostile};
const engine: Partial<Engine> = {
	containers: async () => [container({
		configuration: {...container().configuration, labels},
		process: {...container().process, arguments: [hostile]},
	})],
	container: async () => container({configuration: {...container().configuration, labels}}),
	images: async () => [image({tags: [`x:${hostile}`]})],
	image: async () => image({history: [{createdAt: noon, createdBy: hostile, comment: hostile, emptyLayer: false}]} as never),
	networks: async () => [network({name: hostile})],
	async * events() {
		yield {
			time: noon, type: 'container', action: 'die', id: 'x', attributes: labels,
		};
	},
	info: async () => ({
		id: 'x', name: hostile, root: '/', containers: 0, running: 0, paused: 0, stopped: 0, images: 0, cpus: 1, memoryBytes: 1, operatingSystem: 'x', kernel: 'x', architecture: 'x', warnings: [hostile],
	}),
	version: async () => ({
		name: hostile, version: hostile, apiVersion: '1.47', minimumApiVersion: '1.40', os: 'linux', architecture: 'x', kernel: 'x',
	}),
};

const commands: Readonly<Record<string, readonly [Command, ...string[]]>> = {
	inspect: [inspectContainer, 'web'],
	'inspect --format json': [inspectContainer, '--format', 'json', 'web'],
	'inspect of labels': [inspectContainer, '--format', '{{json .Config.Labels}}', 'web'],
	ps: [ps, '--format', 'json'],
	images: [images, '--format', 'json'],
	history: [history, '--format', 'json', 'x'],
	'network ls': [networks, '--format', 'json'],
	events: [events, '--format', 'json'],
	info: [info, '--format', 'json'],
	version: [version, '--format', 'json'],
};

for (const [what, [command, ...argv]] of Object.entries(commands)) {
	test(`${what}: a terminal obeys nothing, the same JSON is whole, and a pipe gets every byte`, async t => {
		const terminal = createContext({engine, isTerminal: true});
		const pipe = createContext({engine});
		await runCommand(command, argv, terminal);
		await runCommand(command, argv, pipe);
		t.notRegex(terminal.output(), obeyed);
		t.regex(pipe.output(), obeyed);
		t.deepEqual(JSON.parse(terminal.output()), JSON.parse(pipe.output()));
	});
}

test('a template prints to a pipe what is there', async t => {
	for (const [command, template] of [[info, '{{.Name}}'], [version, '{{.Server.Name}}'], [events, '{{.Actor.Attributes}}']] as const) {
		const pipe = createContext({engine});
		await runCommand(command, ['--format', template], pipe);
		t.true(pipe.output().includes(hostile), template);
		const terminal = createContext({engine, isTerminal: true});
		await runCommand(command, ['--format', template], terminal);
		t.notRegex(terminal.output(), obeyed, template);
	}
});

const entriesOf = (...texts: readonly string[]): LogEntry[] => texts.map(text => ({stream: 'stdout', timestamp: '2026-02-25T12:00:00.000000000Z', bytes: Buffer.from(text)}));

test('logs on a terminal keep their colours and nothing else, and a pipe gets every byte', async t => {
	const entries = entriesOf(`\u{1B}[1;31mred ${hostile}\r\n`, '\u{1B}]0;title\u{7}\rover', '\u{1B}', '[38:5:208', 'mdone\u{1B}[2', 'Kend');
	const talking: Partial<Engine> = {
		async * logs() {
			yield * entries;
		},
	};
	const pipe = createContext({engine: talking});
	await runCommand(logs, ['web'], pipe);
	t.is(pipe.output(), entries.map(({bytes}) => Buffer.from(bytes).toString()).join(''));
	const terminal = createContext({engine: talking, isTerminal: true});
	await runCommand(logs, ['web'], terminal);
	t.is(terminal.output(), '\u{1B}[1;31mred a\\x1b[2J\\u009b2J\\u007f\\u202e\\u2066\\u200f\\u061c\\udb40\\udc41\\udb40\\udc7fz\n\\x1b]0;title\\x07\\rover\u{1B}[38:5:208mdone\\x1b[2Kend\u{1B}[0m');
});

test('a log may be cut anywhere', t => {
	const bytes = Buffer.from('Grüße \u{1B}[32m👍\u{1B}[0m\r\r\nnext\u{9B}\u{1B}[');
	for (const hasColours of [true, false]) {
		const whole = createLogText(hasColours);
		const expected = whole.write(bytes) + whole.end();
		t.is(expected, hasColours ? 'Grüße \u{1B}[32m👍\u{1B}[0m\nnext\\u009b\\x1b[\u{1B}[0m' : 'Grüße \\x1b[32m👍\\x1b[0m\nnext\\u009b\\x1b[');
		const byByte = createLogText(hasColours);
		t.is([...bytes].map(byte => byByte.write(Uint8Array.of(byte))).join('') + byByte.end(), expected);
	}

	// What only looks like the beginning of a look is not waited for.
	const endless = createLogText(true);
	t.is(endless.write(Buffer.from(`\u{1B}[${'1;'.repeat(100)}`)), `\\x1b[${'1;'.repeat(100)}`);
	t.is(endless.end(), '');
	// Bytes that are no UTF-8 are not passed on: in some encodings 0x9B alone begins a sequence.
	t.is(createLogText(true).write(Uint8Array.of(0x9B, 0x32, 0x4A)), '\u{FFFD}2J');
});
