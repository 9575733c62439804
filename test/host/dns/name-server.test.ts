import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import {run} from '../../../source/host/run.js';
import type {NameServerTable} from '../../../source/host/dns/server.js';
import {openNameServer, type NameServerOptions} from '../../../source/host/dns/name-server.js';
import {
	ask,
	freePort,
	member,
	openServer,
	said,
	zoneOf,
} from './client.js';

const isRoot = process.getuid?.() === 0;
const testAsRoot = isRoot ? test : test.skip;

/** The user `nobody`. */
const nobody = {uid: 65_534, gid: 65_534};

const makeDirectory = async (t: ExecutionContext) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-dns-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	return directory;
};

const open = async (t: ExecutionContext, directory: string, options: Partial<NameServerOptions> = {}) => {
	const server = await openNameServer({directory, ...nobody, ...options});
	t.teardown(async () => server.close());
	return server;
};

const pidIn = async (directory: string) => {
	const {pid} = JSON.parse(await readFile(path.join(directory, 'dns.pid'), 'utf8')) as {readonly pid: number};
	return pid;
};

/** Retries until the worker listens again. */
const askPatiently = async (port: number, name: string): Promise<string> => {
	for (let attempt = 0; ; attempt++) {
		try {
			return said(await ask(port, name, {waitMs: 200}));
		} catch (error) {
			if (attempt === 50) {
				throw error;
			}
		}
	}
};

const tableOf = (port: number, value = '192.168.64.2') => ({zones: [zoneOf(port, [member('c1', value, 'web')])], upstreams: []});

test('a worker that is killed comes back with its table', async t => {
	const directory = await makeDirectory(t);
	const server = await open(t, directory);
	const port = await freePort();
	await server.replace(tableOf(port));
	for (let round = 0; round < 3; round++) {
		t.is(await askPatiently(port, 'web'), '192.168.64.2');
		const pid = await pidIn(directory);
		process.kill(pid, 'SIGKILL');
		t.is(await askPatiently(port, 'web'), '192.168.64.2');
		t.not(await pidIn(directory), pid);
	}
});

test('a table that is replaced right after the worker was killed is served', async t => {
	const directory = await makeDirectory(t);
	const server = await open(t, directory);
	const port = await freePort();
	await server.replace(tableOf(port));
	process.kill(await pidIn(directory), 'SIGKILL');
	await server.replace(tableOf(port, '192.168.64.3'));
	t.is(said(await ask(port, 'web')), '192.168.64.3');
});

test('a second opener finds the worker, which continues to serve', async t => {
	const directory = await makeDirectory(t);
	const port = await freePort();
	const first = await open(t, directory);
	await first.replace(tableOf(port));
	const pid = await pidIn(directory);
	const second = await open(t, directory);
	t.is(await pidIn(directory), pid);
	t.is(said(await ask(port, 'web')), '192.168.64.2');
	await second.replace(tableOf(port, '192.168.64.3'));
	t.is(said(await ask(port, 'web')), '192.168.64.3');
});

/** Opens a name server in a process that is killed once it serves. Resolves with how the process ended. */
const openElsewhere = async (directory: string, table: NameServerTable, options: Partial<NameServerOptions> = {}) => {
	const module = new URL('../../../source/host/dns/name-server.js', import.meta.url);
	const program = `
		import {openNameServer} from ${JSON.stringify(module)};
		const server = await openNameServer(${JSON.stringify({directory, ...nobody, ...options})});
		await server.replace(${JSON.stringify(table)});
		process.kill(process.pid, 'SIGKILL');
	`;
	const opener = spawn(process.execPath, ['--input-type=module', '--eval', program], {stdio: 'inherit'});
	const [, signal] = await once(opener, 'exit') as [number | null, string | null];
	return signal;
};

test('the worker outlives the process that opened it', async t => {
	const directory = await makeDirectory(t);
	const port = await freePort();
	t.is(await openElsewhere(directory, tableOf(port)), 'SIGKILL');
	t.is(said(await ask(port, 'web')), '192.168.64.2');
	const pid = await pidIn(directory);
	const server = await open(t, directory);
	t.is(await pidIn(directory), pid);
	await server.close();
	await t.throwsAsync(ask(port, 'web', {waitMs: 300}));
});

test('the worker says why it cannot serve a zone, and serves the others', async t => {
	const directory = await makeDirectory(t);
	const [port, taken] = [await freePort(), await freePort()];
	await openServer(t).replace(tableOf(taken));
	const server = await open(t, directory);
	const error = await t.throwsAsync<HolmError>(server.replace({zones: [...tableOf(port).zones, {...tableOf(taken).zones[0]!, network: 'back'}], upstreams: []}));
	t.true(error instanceof HolmError);
	t.is(error.code, 'conflict');
	t.regex(error.message, /network back cannot listen/v);
	t.is(said(await ask(port, 'web')), '192.168.64.2');
	process.kill(await pidIn(directory), 'SIGKILL');
	t.is(await askPatiently(port, 'web'), '192.168.64.2', 'the others come back also when a zone still fails');
});

testAsRoot('the worker drops its privileges', async t => {
	const directory = await makeDirectory(t);
	const server = await open(t, directory);
	await server.replace({zones: [], upstreams: []});
	const status = await readFile(`/proc/${await pidIn(directory)}/status`, 'utf8');
	const field = (name: string) => new RegExp(String.raw`^${name}:[\t ]*(.*)$`, 'mv').exec(status)?.[1];
	t.is(field('Uid'), '65534\t65534\t65534\t65534');
	t.is(field('Gid'), '65534\t65534\t65534\t65534');
	t.is(field('Groups')?.trim(), '');
	for (const set of ['CapEff', 'CapPrm', 'CapInh', 'CapAmb']) {
		t.regex(field(set)!, /^0+$/v, set);
	}

	t.is(field('NoNewPrivs'), '1');
});

testAsRoot('the worker serves in the network namespace that is named, also port 53', async t => {
	const directory = await makeDirectory(t);
	const namespace = `holmtest-${process.pid}-dns`;
	await run('ip', ['netns', 'add', namespace]);
	t.teardown(async () => run('ip', ['netns', 'delete', namespace]));
	await run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
	await run('ip', ['netns', 'exec', namespace, 'busybox', 'sysctl', '-w', 'net.ipv4.ip_unprivileged_port_start=0']);
	const options = {namespacePath: `/run/netns/${namespace}`};
	t.is(await openElsewhere(directory, tableOf(53), options), 'SIGKILL');
	const {stdout} = await run('ip', ['netns', 'exec', namespace, 'busybox', 'nslookup', '-type=a', 'web.', '127.0.0.1']);
	t.regex(stdout, /Address: 192\.168\.64\.2/v);
	// A namespace that is made again under the same name is another one.
	const pid = await pidIn(directory);
	await run('ip', ['netns', 'delete', namespace]);
	await run('ip', ['netns', 'add', namespace]);
	await open(t, directory, options);
	t.not(await pidIn(directory), pid);
});
