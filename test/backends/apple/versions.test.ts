import {execFile} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {decodeContainers} from '../../../source/backends/apple/decode/container.js';
import {decodeStatus} from '../../../source/backends/apple/decode/system.js';
import {readProbe} from '../../../source/backends/apple/find-program.js';
import {HolmError} from '../../../source/engine/errors.js';
import {startStandIn} from './stand-in/server.js';

const probe = (document: unknown) => readProbe(`Darwin\narm64\n/Users/ada\n/usr/local/bin/container\n${JSON.stringify(document)}`, 'this host');
const entry = (version: unknown) => ({appName: 'container', buildType: 'release', commit: '0190097d', version});
const service = {appName: 'container-apiserver', commit: '0190097d', version: 'container-apiserver version 1.2.2 (build: release, commit: 0190097)'};

for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.2.1', '1.2.2', '1.3.0', '1.3.1', '1.4.1', '2.0.0', '10.1']) {
	test(`container ${version} is taken`, t => {
		t.like(probe([entry(version), service]), {version, commits: {client: '0190097d', server: '0190097d'}});
		t.like(probe([entry(version)]), {version, commits: {client: '0190097d'}}, 'the service does not answer');
	});
}

test('a version in other forms', t => {
	t.like(probe([entry('container CLI version 1.4.1 (build: release)')]), {version: '1.4.1'});
	t.like(probe({client: entry('1.4.1'), server: {...service, version: '1.4.1'}}), {version: '1.4.1', commits: {client: '0190097d', server: '0190097d'}});
	t.like(probe([{...entry('1.3.0'), commit: undefined, unheardOf: {}}]), {version: '1.3.0', commits: {client: ''}});
});

for (const version of ['0.12.3', '0.9.0', '0.1', 'main', '']) {
	test(`container ${JSON.stringify(version)} is refused, with the way to a newer one`, t => {
		const error = t.throws(() => probe([entry(version)]), {instanceOf: HolmError});
		t.is(error.code, 'unsupported');
		t.regex(error.message, /Holm needs 1\.0 or later/v);
		t.regex(error.remedy!, /^update it: .*releases$/v);
	});
}

test('what prints no version is refused', t => {
	for (const document of [{}, [], null, [{}], [{appName: 'other', version: '1.2.2'}], [{appName: 'container'}], 'text']) {
		t.throws(() => probe(document), {instanceOf: HolmError, message: /is not Apple's container, or older than 1\.0/v});
	}
});

const sample = async (name: string) => readFile(new URL(`../../../../test/backends/apple/samples/${name}.json`, import.meta.url), 'utf8');

test('a list of 1.0, and one of 1.4 without escaped slashes', async t => {
	const text = await sample('1.2-container-list');
	const listed = decodeContainers(JSON.parse(text));
	t.true(text.includes(String.raw`\/`));
	t.deepEqual(decodeContainers(JSON.parse(text.replaceAll(String.raw`\/`, '/'))), listed);
	// What later versions have added.
	const old = JSON.parse(text, (key, value: unknown) =>
		['variant', 'maskedPaths', 'readonlyPaths', 'mtu', 'shmSize', 'cpuOverhead'].includes(key) ? undefined : value) as unknown;
	t.deepEqual(decodeContainers(old), listed);
});

test('a state in both shapes, and a service that is down', async t => {
	const root = '/Users/ada/Library/Application Support/com.apple.container';
	for (const [name, status] of [
		['1.2-system-status-running', {isRunning: true, root}],
		['1.4-system-status-running', {isRunning: true, root}],
		['1.2-system-status-unregistered', {isRunning: false, root: ''}],
		['1.4-system-status-unregistered', {isRunning: false, root: ''}],
	] as const) {
		t.deepEqual(decodeStatus(JSON.parse(await sample(name))), status, name);
	}

	t.deepEqual(decodeStatus({status: 'not running'}), {isRunning: false, root: ''});
	t.deepEqual(decodeStatus(undefined), {isRunning: false, root: ''});
});

/** A document with its identities alone. */
const bareOf = (value: unknown): unknown => {
	if (Array.isArray(value)) {
		return value.map(item => bareOf(item));
	}

	const kept = new Set(['id', 'name', 'configuration', 'status', 'state']);
	return typeof value === 'object' && value !== null
		? Object.fromEntries(Object.entries(value).filter(([key]) => kept.has(key)).map(([key, item]) => [key, bareOf(item)]))
		: value;
};

test('missing members make empty columns, and no error', async t => {
	const standIn = await startStandIn();
	t.teardown(async () => standIn.close());
	type Ran = {readonly error: unknown; readonly stdout: string};
	const run = async (file: string, ...words: readonly string[]) => new Promise<Ran>(resolve => {
		execFile(file, words, {env: {...standIn.environment, HOLM_HOST: 'apple'}, timeout: 30_000}, (error, stdout) => {
			resolve({error, stdout});
		});
	});
	const program = standIn.environment.HOLM_CONTAINER;
	await run(program, 'create', '--name', 'web', '-p', '8080:80', 'alpine/bash', 'sleep', '1000');
	await run(program, 'volume', 'create', 'data');
	const bare = (output: string) => `${JSON.stringify(bareOf(JSON.parse(output)))}\n`;
	standIn.switches.alter = (words, output) => /\bls\b/v.test(words) ? bare(output) : output;
	const cli = fileURLToPath(new URL('../../../cli.js', import.meta.url));
	for (const [words, format, columns] of [
		['ps -a', '{{.Names}}|{{.Image}}|{{.Command}}|{{.RunningFor}}|{{.Status}}|{{.Ports}}', /^web\|\|""\|\|Created\|\n$/v],
		['images', '{{.Repository}}|{{.CreatedSince}}|{{.Size}}', /^redis\|\|0B\nalpine\/bash\|\|0B\n$/v],
		['network ls', '{{.Name}}|{{.Subnet}}|{{.Gateway}}', /^bridge\|\|\n$/v],
		['volume ls', '{{.Name}}|{{.Driver}}', /^data\|local\n$/v],
	] as const) {
		const {error, stdout} = await run(process.execPath, cli, ...words.split(' '), '--format', format);
		t.is(error, null, words);
		t.regex(stdout, columns);
	}
});
