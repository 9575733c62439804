import {spawn} from 'node:child_process';
import {
	copyFile,
	mkdir,
	mkdtemp,
	readFile,
	rm,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {text} from 'node:stream/consumers';
import {fileURLToPath, pathToFileURL} from 'node:url';
import test from 'ava';

const cli = fileURLToPath(new URL('../cli.js', import.meta.url));

type Options = {readonly program?: string; readonly nodeArguments?: readonly string[]};

const holm = async (argv: readonly string[], {program = cli, nodeArguments = []}: Options = {}) => {
	const child = spawn(process.execPath, [...nodeArguments, program, ...argv], {stdio: ['ignore', 'pipe', 'pipe']});
	const [stdout, stderr, status] = await Promise.all([
		text(child.stdout),
		text(child.stderr),
		new Promise<number | undefined>(resolve => {
			child.once('close', resolve);
		}),
	]);
	return {stdout, stderr, status};
};

test('help of the program, of a group and of a command', async t => {
	const [whole, group, command, asked] = await Promise.all([holm(['--help']), holm(['network']), holm(['run', '--help']), holm(['help', 'network', 'create'])]);
	t.like(whole, {status: 0, stderr: ''});
	t.regex(whole.stdout, /^Usage: holm \[flags\] COMMAND/v);
	t.regex(whole.stdout, /^ {2}run {2,}Create and run a container/mv);
	t.regex(group.stdout, /^ {2}dns {2,}List the DNS records/mv);
	t.regex(command.stdout, /^ {2}-p, --publish /mv);
	t.regex(asked.stdout, /^Usage: holm network create \[flags\] NETWORK\n/v);
});

test('no command and no terminal is a usage error', async t => {
	t.like(await holm([]), {status: 2, stdout: ''});
});

test('the version is the package\'s', async t => {
	const {version} = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {version: string};
	t.deepEqual(await holm(['--version']), {stdout: `holm ${version}\n`, stderr: '', status: 0});
	t.deepEqual(await holm(['-v']), {stdout: `holm ${version}\n`, stderr: '', status: 0});
});

test('a command runs in a directory that has been removed', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-'));
	const child = spawn('sh', ['-c', 'cd "$1" && rmdir "$1" && shift && exec "$@"', 'sh', directory, process.execPath, cli, 'network', '--help'], {stdio: ['ignore', 'pipe', 'pipe']});
	const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
	t.is(stderr, '');
	t.regex(stdout, /^Usage: holm network/v);
});

const refusals: ReadonlyArray<readonly [readonly string[], number, string]> = [
	[['netwrok'], 2, 'Error: unknown command: netwrok (did you mean network?)'],
	[['network', 'craete'], 2, 'Error: unknown command: holm network craete (did you mean create?)'],
	[['ps', '--al'], 2, 'Error: unknown flag: --al (did you mean --all?)'],
	[['--rot', '/x', 'ps'], 2, 'Error: unknown flag: --rot (did you mean --root?)'],
	[['stop'], 2, 'Error: holm stop needs CONTAINER (usage: holm stop [flags] CONTAINER...)'],
	[['run'], 125, 'Error: holm run needs IMAGE (usage: holm run [flags] IMAGE [COMMAND] [ARG...])'],
	[['run', '--cpus', '0', 'x'], 125, 'Error: invalid value "0" for --cpus (it is a number from 0.01, such as 2 or 0.5)'],
	[['run', '-it', 'x'], 125, 'Error: the input device is not a TTY (leave out -t, or call it from a terminal)'],
	[['rename', 'a', 'b/c'], 1, 'Error: invalid container name "b/c" (it starts with a letter or digit and goes on with letters, digits, "_", "." or "-")'],
	[['network', 'create', 'a', '--subnet', '10.0.0.0'], 1, 'Error: invalid subnet "10.0.0.0" for --subnet (it is an IPv4 subnet such as 192.168.70.0/24)'],
	[['ps', '-f', 'x\u{1B}[2J'], 1, String.raw`Error: invalid filter "x\x1b[2J" (it is KEY=VALUE, such as name=web)`],
];

for (const [argv, status, line] of refusals) {
	test(`holm ${JSON.stringify(argv)} fails with one line`, async t => {
		t.deepEqual(await holm(argv), {stdout: '', stderr: `${line}\n`, status});
	});
}

test('--debug says where an error comes from', async t => {
	const {stderr, status} = await holm(['--debug', 'ps', '-f', 'x']);
	t.is(status, 1);
	t.regex(stderr, /^Error: invalid filter "x" .*\nHolmError: [^\n]*\n +at /v);
});

/** A checkout whose cli.js takes this Node for Node 20. */
const pretendOld = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.19.0"}})';

const checkout = async () => {
	const root = await mkdtemp(path.join(tmpdir(), 'holm-checkout-'));
	await mkdir(path.join(root, 'dist/source/commands'), {recursive: true});
	await writeFile(path.join(root, 'package.json'), '{"type": "module"}');
	await copyFile(cli, path.join(root, 'dist/cli.js'));
	await copyFile(new URL('../source/commands/newer-node.js', import.meta.url), path.join(root, 'dist/source/commands/newer-node.js'));
	return root;
};

test('an old Node says what is needed', async t => {
	const root = await checkout();
	t.teardown(async () => rm(root, {recursive: true}));
	const {stderr, stdout, status} = await holm(['ps'], {program: path.join(root, 'dist/cli.js'), nodeArguments: ['--import', pretendOld]});
	t.like({stdout, status}, {stdout: '', status: 1});
	t.regex(stderr, /^holm needs Node 22\.20 or newer; this is v[^\n]*; npm install -g holm with a newer Node, or `npm run quickstart` in a checkout, which brings its own\n$/v);
});

test('an old Node hands over to the one of a checkout, with the arguments, the output and the exit status', async t => {
	const root = await checkout();
	t.teardown(async () => rm(root, {recursive: true}));
	await mkdir(path.join(root, 'node_modules/node/bin'), {recursive: true});
	// Instead of a newer Node, a program that prints its arguments.
	await writeFile(path.join(root, 'node_modules/node/bin/node'), '#!/bin/sh\necho "$@"\nexit 9\n', {mode: 0o755});
	const program = path.join(root, 'dist/cli.js');
	const {stdout, status} = await holm(['run', '-it', 'x y'], {program, nodeArguments: ['--import', pretendOld]});
	t.is(status, 9);
	t.is(stdout, `--import ${pretendOld} -- ${program} run -it x y\n`);
});

test('a link in a directory of programs finds the checkout too', async t => {
	const root = await mkdtemp(path.join(tmpdir(), 'holm-bin-'));
	t.teardown(async () => rm(root, {recursive: true}));
	await symlink(cli, path.join(root, 'holm'));
	const {status} = await holm(['--version'], {program: path.join(root, 'holm')});
	t.is(status, 0);
});

test('--env-file is the command\'s own, not Node\'s', async t => {
	const {mode} = await stat(cli);
	const [first = ''] = (await readFile(cli, 'utf8')).split('\n', 1);
	t.is(first, '#!/usr/bin/env -S node --');
	const root = await mkdtemp(path.join(tmpdir(), 'holm-bin-'));
	t.teardown(async () => rm(root, {recursive: true}));
	const program = path.join(root, 'holm');
	await writeFile(program, `${first}\nimport ${JSON.stringify(pathToFileURL(cli).href)};\n`, {mode: mode | 0o111});
	const child = spawn(program, ['run', '--env-file', '/no/such/file', 'x'], {stdio: ['ignore', 'pipe', 'pipe']});
	const [stderr, status] = await Promise.all([text(child.stderr), new Promise(resolve => {
		child.once('close', resolve);
	})]);
	t.is(status, 125);
	t.regex(stderr, /^Error: [^\n]*\/no\/such\/file[^\n]*\n$/v);
});
