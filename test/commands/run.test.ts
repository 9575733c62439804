import {
	mkdtemp,
	readFile,
	readdir,
	rm,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {PassThrough} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import type {Engine} from '../../source/engine/engine.js';
import type {Session} from '../../source/engine/sessions.js';
import {HolmError} from '../../source/engine/errors.js';
import type {ContainerConfiguration} from '../../source/engine/resources.js';
import {command as exec} from '../../source/commands/container/exec.js';
import {command as create} from '../../source/commands/container/create.js';
import {command as run} from '../../source/commands/container/run.js';
import {command as start} from '../../source/commands/container/start.js';
import {configuration, container, image} from '../engine/resources.js';
import {createContext, type Given} from './helpers/context.js';
import {runCommand} from './helpers/run-command.js';

const id = 'ab'.repeat(32);

/** An engine that records the order of its calls; its container prints `out` and exits with 7. */
const createEngine = (options: {readonly hasImage?: boolean; readonly startError?: Error; readonly warnings?: readonly string[]} = {}) => {
	const calls: string[] = [];
	const configurations: ContainerConfiguration[] = [];
	let hasImage = options.hasImage ?? true;
	const stdout = new PassThrough();
	const stderr = new PassThrough();
	const session: Session = {
		terminal: false,
		stdin: new PassThrough(),
		stdout,
		stderr,
		close() {
			stdout.destroy();
			stderr.destroy();
		},
	};
	const engine: Partial<Engine> = {
		async image(reference) {
			if (!hasImage) {
				throw new HolmError('not-found', `no such image: ${reference}`);
			}

			return image();
		},
		async * pullImage(reference, given) {
			calls.push(`pull ${reference} ${given?.platform ?? ''}`.trim());
			yield {status: 'Pulling'};
			hasImage = true;
		},
		async createContainer(given) {
			calls.push('create');
			configurations.push(given);
			if (!hasImage) {
				throw new HolmError('not-found', `no such image: ${given.image}`);
			}

			return {id, warnings: options.warnings ?? []};
		},
		async waitContainer(_reference, condition) {
			calls.push(`wait ${condition ?? ''}`.trim());
			return {exitCode: 7};
		},
		async attachContainer(_reference, given) {
			calls.push(`attach${given?.stdin ? ' stdin' : ''}`);
			return session;
		},
		async startContainer() {
			calls.push('start');
			if (options.startError) {
				throw options.startError;
			}

			stdout.end('out');
			stderr.end('err');
		},
		async removeContainer(_reference, given) {
			calls.push(`remove${given?.force ? ' force' : ''}`);
		},
		container: async () => container({configuration: configuration()}),
		async createExec(_reference, given) {
			calls.push(`exec ${given.command.join(' ')}`);
			return 'exec-id';
		},
		async startExec() {
			stdout.end('out');
			stderr.end();
			return session;
		},
		exec: async () => ({
			id: 'exec-id', containerId: id, configuration: {
				command: [], terminal: false, stdin: false, environment: [], privileged: false,
			}, running: false, exitCode: 3,
		}),
	};
	return {engine, calls, configurations};
};

const withEngine = (options?: Parameters<typeof createEngine>[0], given: Given = {}) => {
	const made = createEngine(options);
	return {...made, context: createContext({...given, engine: made.engine})};
};

const directory = async (t: ExecutionContext) => {
	const root = await mkdtemp(path.join(tmpdir(), 'holm-run-'));
	t.teardown(async () => rm(root, {recursive: true, force: true}));
	return root;
};

test('run attaches before it starts, streams, and ends with the exit status', async t => {
	const {context, calls} = withEngine();
	t.is(await runCommand(run, ['redis:alpine'], context), 7);
	t.deepEqual(calls, ['create', 'attach', 'start', 'wait']);
	t.is(context.output(), 'out');
	t.is(context.errors(), 'err');
});

test('run --rm waits for the removal, asked for before the start', async t => {
	const {context, calls} = withEngine();
	t.is(await runCommand(run, ['--rm', '-i', 'redis:alpine'], context), 7);
	t.deepEqual(calls, ['create', 'wait removed', 'attach stdin', 'start']);
});

test('run -d prints the id', async t => {
	const {context, calls} = withEngine({warnings: ['slow\u{1B}']});
	t.is(await runCommand(run, ['-d', 'redis:alpine'], context), 0);
	t.is(context.output(), `${id}\n`);
	t.is(context.errors(), 'WARNING: slow\\x1b\n');
	t.deepEqual(calls, ['create', 'start']);
});

test('an image that is missing is pulled', async t => {
	const {context, calls} = withEngine({hasImage: false});
	t.is(await runCommand(run, ['-d', '--platform', 'linux/amd64', 'redis:alpine'], context), 0);
	t.deepEqual(calls, ['create', 'pull redis:alpine linux/amd64', 'create', 'start']);
	t.is(context.errors(), 'Unable to find image \'redis:alpine\' locally\nPulling\n');
});

test('--pull decides', async t => {
	const never = withEngine({hasImage: false});
	await t.throwsAsync(runCommand(run, ['--pull', 'never', 'x'], never.context), {message: 'no such image: x'});
	t.deepEqual(never.calls, ['create']);
	const always = withEngine();
	await runCommand(create, ['--pull=always', '-q', 'x'], always.context);
	t.deepEqual(always.calls, ['pull x', 'create']);
	t.is(always.context.errors(), '');
	await t.throwsAsync(runCommand(run, ['--pull', 'often', 'x'], withEngine().context), {message: 'invalid value "often" for --pull'});
});

test('something else that is not found is not taken for the image', async t => {
	const {engine, calls} = createEngine();
	const context = createContext({
		engine: {
			...engine,
			async createContainer() {
				throw new HolmError('not-found', 'no such network: nope');
			},
		},
	});
	await t.throwsAsync(runCommand(run, ['--network', 'nope', 'x'], context), {message: 'no such network: nope'});
	t.deepEqual(calls, []);
});

test('a start that fails leaves neither container nor id file', async t => {
	const root = await directory(t);
	const {context, calls} = withEngine({startError: new HolmError('conflict', 'Bind for 0.0.0.0:8000 failed: port is already allocated')}, {workingDirectory: root});
	await t.throwsAsync(runCommand(run, ['-d', '--cidfile', 'id', 'x'], context), {message: /^Bind for/v});
	t.deepEqual(calls, ['create', 'start', 'remove force']);
	t.deepEqual(await readdir(root), []);
	const attached = withEngine({startError: new Error('no')});
	await t.throwsAsync(runCommand(run, ['x'], attached.context), {message: 'no'});
	t.deepEqual(attached.calls, ['create', 'attach', 'start', 'remove force']);
});

test('the id file is new and holds the id', async t => {
	const root = await directory(t);
	const {context, calls} = withEngine({}, {workingDirectory: root});
	await runCommand(create, ['--cidfile', 'id', 'x'], context);
	t.is(await readFile(path.join(root, 'id'), 'utf8'), id);
	await t.throwsAsync(runCommand(create, ['--cidfile', 'id', 'x'], context), {message: /^cannot create .*id for --cidfile: EEXIST/v});
	t.deepEqual(calls, ['create'], 'nothing was created the second time');
});

test('a terminal is asked for where there is none', async t => {
	const {context, calls} = withEngine();
	await t.throwsAsync(runCommand(run, ['-it', 'x'], context), {message: 'the input device is not a TTY'});
	await t.throwsAsync(runCommand(exec, ['-it', 'x', 'sh'], context), {message: 'the input device is not a TTY'});
	t.deepEqual(calls, []);
	t.is(await runCommand(run, ['-itd', 'x'], context), 0, 'in the background nobody types');
});

test('run refuses flags that do not go together', async t => {
	const {context} = withEngine();
	await t.throwsAsync(runCommand(run, ['-d', '-a', 'stdout', 'x'], context), {message: 'conflicting flags --attach and --detach'});
	await t.throwsAsync(runCommand(run, ['-a', 'output', 'x'], context), {message: 'invalid stream "output" for --attach'});
	await t.throwsAsync(runCommand(run, ['--detach-keys', 'nope', 'x'], context), {message: 'invalid detach key "nope"'});
});

test('only the streams that are attached are shown', async t => {
	const {context} = withEngine();
	await runCommand(run, ['-a', 'stderr', 'x'], context);
	t.is(context.output(), '');
	t.is(context.errors(), 'err');
});

test('exec hands its flags on and ends with the exit status', async t => {
	const {context, calls} = withEngine();
	t.is(await runCommand(exec, ['web', 'ls', '-la'], context), 3);
	t.deepEqual(calls, ['exec ls -la']);
	t.is(context.output(), 'out');
});

test('start -a attaches first, start alone prints the reference', async t => {
	const attached = withEngine();
	t.is(await runCommand(start, ['-a', 'web'], attached.context), 7);
	t.deepEqual(attached.calls, ['attach', 'start', 'wait']);
	const plain = withEngine({startError: new HolmError('not-modified', 'it runs')});
	t.is(await runCommand(start, ['web'], plain.context), 0);
	t.is(plain.context.output(), 'web\n');
});
