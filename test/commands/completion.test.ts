import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {createMemoryEngine} from '../../source/backends/memory/engine.js';
import {command as listCandidates} from '../../source/commands/tools/list-candidates.js';
import {command as completion} from '../../source/commands/tools/completion.js';
import {run} from '../../source/host/run.js';
import {findCommand} from '../../source/host/setup/programs.js';
import {configuration} from '../engine/resources.js';
import {createContext} from './helpers/context.js';
import {runCommand} from './helpers/run-command.js';

const linesFor = async (words: readonly string[], engine = {}): Promise<readonly string[]> => {
	const context = createContext({engine});
	await runCommand(listCandidates, words, context);
	return context.output().split('\n').slice(0, -1);
};

const valuesFor = async (words: readonly string[], engine = {}): Promise<readonly string[]> =>
	(await linesFor(words, engine)).map(line => line.split('\t', 1)[0]!);

type ShellTest = {
	readonly shell: string;
	readonly title: string;
	/** The script that prints the candidates for a command line. */
	readonly script: (line: string) => string;
	readonly expected: Readonly<Record<string, string>>;
};

const expected = {
	'holm netw': 'network', 'holm network cr': 'create', 'holm kill -s HU': 'HUP',
};

const shellTests: readonly ShellTest[] = [
	{
		shell: 'bash',
		title: 'bash completes',
		script: line => `source <(holm completion bash)
COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=($COMP_LINE); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_holm; printf '%s\\n' "\${COMPREPLY[@]}"`,
		expected: {...expected, 'holm run --pull=m': '--pull=missing'},
	},
	{
		shell: 'fish',
		title: 'fish completes',
		script: line => `holm completion fish | source; complete --do-complete '${line}'`,
		expected: {...expected, 'holm run --pull=m': '--pull=missing'},
	},
	{
		shell: 'zsh', title: 'zsh reads its script', script: () => 'compdef() { echo $2; }; source <(holm completion zsh)', expected: {'': 'holm'},
	},
];

const programs = await Promise.all(shellTests.map(async ({shell}) => findCommand(shell)));

test('commands and groups, with their summaries', async t => {
	t.deepEqual(await linesFor(['netw']), ['network\tManage networks and their DNS records']);
	t.deepEqual(await valuesFor(['network', 'r']), ['rm']);
	t.deepEqual(await valuesFor(['nothing', '']), []);
	t.deepEqual(await valuesFor(['network', 'nothing', '']), []);
	t.false((await valuesFor([''])).includes('__complete'));
});

test('an alias where only that one starts with what is there', async t => {
	t.deepEqual(await valuesFor(['container', 'l']), ['ls', 'logs']);
	t.deepEqual(await valuesFor(['volume', 'l']), ['ls']);
	t.deepEqual(await valuesFor(['c']), ['create', 'cp', 'commit', 'compose', 'completion', 'container']);
});

test('fixed words for an argument', async t => {
	t.deepEqual(await valuesFor(['completion', '']), ['bash', 'zsh', 'fish']);
});

test('keys and values of a filter', async t => {
	t.deepEqual(await valuesFor(['ps', '--filter', 'he']), ['health=']);
	t.deepEqual(await valuesFor(['ps', '-f', 'status=r']), ['status=running', 'status=restarting', 'status=removing']);
	t.deepEqual(await valuesFor(['container', 'ls', '--filter=health=un']), ['--filter=health=unhealthy']);
	t.deepEqual(await valuesFor(['images', '-f', 'da']), ['dangling=']);
	t.deepEqual(await valuesFor(['network', 'ls', '-f', 'type=']), ['type=builtin', 'type=custom']);
	t.deepEqual(await valuesFor(['volume', 'prune', '--filter', 'la']), ['label!=', 'label=']);
	t.deepEqual(await valuesFor(['events', '-f', 'type=vol']), ['type=volume']);
	t.deepEqual(await valuesFor(['ps', '-f', 'nothing=']), []);
});

test('flags, before the command and after it', async t => {
	t.deepEqual(await valuesFor(['--ro']), ['--root']);
	t.deepEqual(await valuesFor(['run', '--cap-']), ['--cap-add', '--cap-drop']);
	t.deepEqual(await valuesFor(['--root', '/x', 'network', 'create', '--sub']), ['--subnet']);
});

test('after the image, words belong to the command in the container', async t => {
	t.deepEqual(await valuesFor(['run', '--rm', 'box', '--he']), [':files']);
	t.deepEqual(await valuesFor(['rm', '--', '--fo']), []);
});

test('values of flags, in a word of their own and after an equals sign', async t => {
	t.deepEqual(await valuesFor(['run', '--pull', 'm']), ['missing']);
	t.deepEqual(await valuesFor(['run', '--pull=m']), ['--pull=missing']);
	t.deepEqual(await valuesFor(['kill', '-s', 'HU']), ['HUP']);
	t.deepEqual(await valuesFor(['kill', '-s', 'SIGHU']), ['SIGHUP']);
	t.deepEqual(await valuesFor(['inspect', '--type', 'v']), ['volume']);
	t.deepEqual(await valuesFor(['build', '--file', '']), [':files']);
	t.deepEqual(await valuesFor(['import', '']), [':files']);
});

test('names of the engine, of containers in a state that the command is for', async t => {
	const engine = createMemoryEngine();
	t.teardown(() => {
		engine.close();
	});
	await engine.createNetwork({name: 'shop-net', internal: false, labels: {}, driver: 'bridge'});
	await engine.createVolume({name: 'shop-data'});
	for (const name of ['shop-a', 'shop-b']) {
		await engine.createContainer(configuration({name, image: 'redis:alpine'}));
	}

	const [, second] = await engine.containers({all: true});
	await engine.startContainer(second!.id);
	const running = second!.name;
	const other = running === 'shop-a' ? 'shop-b' : 'shop-a';
	t.deepEqual(await linesFor(['stop', 'shop'], engine), [`${running}\tredis:alpine, running`]);
	t.deepEqual(await valuesFor(['start', 'shop'], engine), [other]);
	t.deepEqual(await valuesFor(['rm', other, 'shop'], engine), [running], 'a name that is there is not offered again');
	t.deepEqual(await valuesFor(['run', 'redis'], engine), ['redis:alpine']);
	t.deepEqual(await valuesFor(['run', '--network=shop'], engine), ['--network=shop-net']);
	t.deepEqual(await valuesFor(['volume', 'rm', 'shop'], engine), ['shop-data']);
	t.deepEqual(await valuesFor(['ps', '--filter', 'network=shop'], engine), ['network=shop-net']);
	t.deepEqual((await valuesFor(['inspect', 'shop'], engine)).toSorted(), ['shop-a', 'shop-b', 'shop-data', 'shop-net']);
	t.deepEqual(await valuesFor(['cp', 'shop-a'], engine), ['shop-a', ':files']);
});

test('names of another engine that a shell would run, split or take for a flag are left out; two thousand others are not', async t => {
	const names = ['good-1.x_y', '$(touch bad)', '`bad`', 'a;bad', 'a b', 'a\nb', 'a\tb', '"a', '\'a', 'a|b', 'a>b', 'a&', '~a', '-rf', ':files', '\u{1B}[2J', '', '*'];
	const engine = {
		async volumes() {
			return [...names, ...Array.from({length: 2000}, (_, index) => `v${index}`)].map(name => ({name}));
		},
	};
	t.deepEqual((await valuesFor(['volume', 'rm', ''], engine)).filter(value => !/^v\d+$/v.test(value)), ['good-1.x_y']);
	t.is((await valuesFor(['volume', 'rm', 'v'], engine)).length, 2000);
});

test('without the engine, flags and commands remain', async t => {
	const engine = {
		async containers() {
			throw new Error('it does not run');
		},
	};
	t.deepEqual(await valuesFor(['stop', ''], engine), []);
	t.deepEqual(await valuesFor(['stop', '--ti'], engine), ['--time']);
});

test('a shell without a script is named with those that have one', async t => {
	await t.throwsAsync(runCommand(completion, ['tcsh'], createContext()), {message: 'there is no completion for "tcsh"'});
});

/** A directory with `holm` for PATH. */
const holmDirectory = async () => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-'));
	const file = path.join(directory, 'holm');
	const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
	await writeFile(file, `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`, {mode: 0o755});
	return directory;
};

for (const [index, {shell, title, script, expected: lines}] of shellTests.entries()) {
	const program = programs[index];
	const define = program === undefined ? test.skip : test;
	define(program === undefined ? `${title} (needs ${shell})` : title, async t => {
		const directory = await holmDirectory();
		t.teardown(async () => rm(directory, {recursive: true, force: true}));
		const environment = {PATH: `${directory}:${process.env.PATH}`, HOLM_ROOT: directory, HOME: directory};
		for (const [line, words] of Object.entries(lines)) {
			const {stdout} = await run(program!, ['-c', script(line)], {environment});
			t.is(stdout.trim().split('\n').map(word => word.split('\t', 1)[0]).join(' '), words, line);
		}
	});
}
