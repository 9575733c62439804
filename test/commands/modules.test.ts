import {spawn} from 'node:child_process';
import {existsSync, statSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {listenOn} from '../../source/api/listeners.js';
import {createApiServer} from '../../source/api/server.js';
import {createMemoryEngine} from '../../source/backends/memory/engine.js';

// Each command is a process of its own: what it loads is most of its CPU time.

const dist = new URL('../../', import.meta.url).href;
const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
/** As cli.js, but never from a bundle. */
const unbundled = fileURLToPath(new URL('helpers/start.js', import.meta.url));
const preload = new URL('helpers/print-modules.js', import.meta.url).href;

let close: () => Promise<void>;
let host: string;

test.before(async () => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-modules-'));
	const engine = createMemoryEngine();
	const server = createApiServer(engine);
	const socket = path.join(directory, 'engine.sock');
	const closeListener = await listenOn(server, {kind: 'unix', path: socket});
	host = `unix://${socket}`;
	await Array.fromAsync(engine.pullImage('redis:alpine'));
	close = async () => {
		closeListener();
		server.closeAllConnections();
		engine.close();
		await rm(directory, {recursive: true});
	};
});

test.after.always(async () => {
	await close();
});

/** The modules that a command loads: `source/…` and `test/…` of the project, `node:…`, and packages by their path. */
const modulesOf = async (argv: readonly string[], program = unbundled) => {
	const child = spawn(process.execPath, ['--import', preload, program, ...argv], {
		env: {...process.env, HOLM_HOST: host}, stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
	});
	const closed = new Promise<unknown>(resolve => {
		child.once('close', resolve);
	});
	const [loaded, stderr, status] = await Promise.all([text(child.stdio[3] as Readable), text(child.stderr!), closed]);
	const names = loaded.split('\n').map(name => name.replace(dist, ''));
	const packages = new Set(names.flatMap(name => /\/node_modules\/(?<package>[^\/]+)\//v.exec(name)?.groups?.package ?? []));
	return {
		status, stderr, names, packages: [...packages], own: names.filter(name => name.startsWith('source/')), node: names.filter(name => name.startsWith('node:')),
	};
};

const heavy = new Set(['node:internal/deps/undici/undici', 'node:_tls_wrap', 'node:https', 'node:child_process', 'node:crypto']);

test('the version and the help load no command, no engine and no package', async t => {
	for (const argv of [['--version'], ['--help'], ['network']]) {
		const {status, own, packages, node} = await modulesOf(argv);
		t.is(status, 0);
		t.deepEqual(packages, [], argv.join(' '));
		t.deepEqual(node.filter(name => heavy.has(name) || name === 'node:http'), [], argv.join(' '));
		t.deepEqual(own.filter(name => !/^source\/(?:commands\/[a-z\-]+\.js$|engine\/|flags\/|text\/|wire\/package-version\.js)/v.test(name)), [], argv.join(' '));
	}
});

test('a command loads its own family of verbs, and meow only for flags', async t => {
	const list = await modulesOf(['ps']);
	t.like(list, {status: 0, stderr: '', packages: []});
	t.deepEqual(list.node.filter(name => heavy.has(name)), []);
	t.true(list.node.includes('node:http') && list.own.includes('source/backends/docker/containers.js'), 'the modules are seen');
	const foreign = /^source\/(?:dashboard|api|host\/(?!store\/paths)|daemon\/start|backends\/(?:ssh|memory|hosts\/c)|backends\/docker\/(?:networks|images|volumes|system|snapshot|execs|logs|events|stats)\.|commands\/print\/go)/v;
	t.deepEqual(list.own.filter(name => foreign.test(name)), []);

	const all = await modulesOf(['ps', '--all']);
	t.like(all, {status: 0, stderr: '', packages: ['meow']});
	t.false(all.node.includes('node:internal/deps/undici/undici'));

	const run = await modulesOf(['run', '--detach', 'redis:alpine']);
	t.like(run, {status: 0, packages: ['meow']});
	t.deepEqual(run.own.filter(name => /^source\/(?:dashboard|api|daemon\/start|backends\/ssh)/v.test(name)), []);
	t.false(run.node.includes('node:internal/deps/undici/undici'));
});

// Without the bundles, `npm run build` has not run since the compiler has.
(existsSync(new URL('bundle/licences.txt', dist)) && statSync(new URL('bundle/licences.txt', dist)).mtimeMs > statSync(new URL('.tsbuildinfo', dist)).mtimeMs ? test : test.skip)('a command runs from a bundle', async t => {
	for (const argv of [['ps'], ['ps', '--all'], ['__complete', 'rm', '--'], ['__complete', 'rm', '']]) {
		const {status, stderr, names, node} = await modulesOf(argv, cli);
		t.like({status, stderr}, {status: 0, stderr: ''}, argv.join(' '));
		t.deepEqual(names.filter(name => /^(?:file:|source\/|cli|bundle)/v.test(name)), ['cli.js', 'source/commands/load-bundle.js'], argv.join(' '));
		t.deepEqual(node.filter(name => heavy.has(name) && name !== 'node:child_process'), [], argv.join(' '));
	}
});
