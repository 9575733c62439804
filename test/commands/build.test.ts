import {Buffer} from 'node:buffer';
import {
	mkdir,
	mkdtemp,
	readFile,
	readlink,
	rm,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Readable} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {pack, type Pack} from 'tar-stream';
import {command} from '../../source/commands/image/build.js';
import {buildOutputOf} from '../../source/commands/image/build-output.js';
import type {BuildOptions} from '../../source/engine/build.js';
import type {Engine} from '../../source/engine/engine.js';
import {HolmError} from '../../source/engine/errors.js';
import {createContext} from './helpers/context.js';
import {runCommand} from './helpers/run-command.js';

const id = `sha256:${'ab'.repeat(32)}`;

/** An engine that makes an image, or the files that `fill` packs, and keeps what it was asked for. */
const engineFor = (fill: (tar: Pack) => void = () => undefined) => {
	const asked: BuildOptions[] = [];
	const pushed: string[] = [];
	const engine: Partial<Engine> = {
		async * buildImage(context, options) {
			asked.push(options);
			context.resume();
			yield {text: '#1 [1/1] COPY . /\n'};
			if (!options.takeFiles) {
				yield {imageId: id};
				return;
			}

			const tar = pack();
			fill(tar);
			tar.finalize();
			await options.takeFiles(tar as unknown as Readable);
		},
		async * pushImage(reference) {
			pushed.push(reference);
			yield {status: 'Pushed'};
		},
	};
	return {engine, asked, pushed};
};

const setUp = async (t: ExecutionContext, fill?: (tar: Pack) => void) => {
	const workingDirectory = await mkdtemp(path.join(tmpdir(), 'holm-build-'));
	t.teardown(async () => rm(workingDirectory, {recursive: true, force: true}));
	await mkdir(path.join(workingDirectory, 'context'));
	await writeFile(path.join(workingDirectory, 'context/Dockerfile'), 'FROM scratch\n');
	const {engine, asked, pushed} = engineFor(fill);
	const context = createContext({engine, workingDirectory, environment: {XDG_CONFIG_HOME: workingDirectory}});
	return {
		context,
		asked,
		pushed,
		workingDirectory,
		build: async (...flags: readonly string[]) => runCommand(command, [...flags, 'context'], context),
	};
};

const someFiles = (tar: Pack) => {
	tar.entry({name: 'bin/', type: 'directory', mode: 0o755});
	tar.entry({name: 'bin/tool', mode: 0o4755}, 'tool\n');
	tar.entry({name: 'link', type: 'symlink', linkname: 'bin/tool'});
	tar.entry({name: 'null', type: 'character-device'});
	tar.entry({name: 'pipe', type: 'fifo'});
};

test('a limit of a step is refused by its short name, too, with its value', async t => {
	const {build} = await setUp(t);
	for (const flags of [['-m', '1g'], ['-m1g'], ['-qm', '1g'], ['-m=1g'], ['--memory', '1g']]) {
		await t.throwsAsync(build(...flags), {message: /^--?m(?:emory)? is not supported: BuildKit does not limit single steps/v});
	}
});

test('a quiet build prints the output of its steps if it fails, and the image comes to the engine with or without --load', async t => {
	const {build, context, asked} = await setUp(t);
	t.is(await build('-q', '--load'), 0);
	t.is(context.output(), `${id}\n`);
	t.is(context.errors(), '');
	t.is(asked.length, 1);
	const failing: Partial<Engine> = {
		async * buildImage(tar) {
			tar.resume();
			yield {text: '#5 0.100 no rule to make it\n'};
			throw new HolmError('invalid', 'Build failed at step 1/1, RUN make');
		},
	};
	const quiet = createContext({engine: failing, workingDirectory: context.workingDirectory, environment: context.environment});
	await t.throwsAsync(runCommand(command, ['-q', 'context'], quiet), {message: 'Build failed at step 1/1, RUN make'});
	t.is(quiet.errors(), '#5 0.100 no rule to make it\n');
	t.is(quiet.output(), '');
});

test('the files of a build go to a directory, without what is no file, and no image is named', async t => {
	const {build, context, workingDirectory} = await setUp(t, someFiles);
	t.is(await build('-o', 'out/deep'), 0);
	const out = path.join(workingDirectory, 'out/deep');
	t.is(await readFile(path.join(out, 'bin/tool'), 'utf8'), 'tool\n');
	t.is((await stat(path.join(out, 'bin/tool'))).mode % 0o1_0000, 0o755);
	t.is(await readlink(path.join(out, 'link')), 'bin/tool');
	t.is(context.output(), '#1 [1/1] COPY . /\n');
	t.is(context.errors(), 'WARNING: left out of the output: 2 entries, such as null: not a file, a directory or a link\n');
	t.is(await build('--output=type=local,dest=other'), 0);
	t.is(await readFile(path.join(workingDirectory, 'other/link'), 'utf8'), 'tool\n');
});

test('the files of a build do not leave their directory', async t => {
	for (const [fill, reason] of [
		[(tar: Pack) => {
			tar.entry({name: '../outside'}, 'x');
		}, /the archive of the build has an entry "\.\.\/outside" that leads out of it/v],
		[(tar: Pack) => {
			tar.entry({name: 'there', type: 'symlink', linkname: '..'});
			tar.entry({name: 'there/outside'}, 'x');
		}, /cannot write below \S+\/there: it is not a directory/v],
		[(tar: Pack) => {
			tar.entry({name: 'before/outside'}, 'x');
		}, /cannot write below \S+\/before: it is not a directory/v],
	] as const) {
		const {build, workingDirectory} = await setUp(t, fill);
		await mkdir(path.join(workingDirectory, 'out'));
		await symlink('..', path.join(workingDirectory, 'out/before'));
		await t.throwsAsync(build('-o', 'out'), {message: reason});
		await t.throwsAsync(stat(path.join(workingDirectory, 'outside')), {code: 'ENOENT'});
	}
});

test('files that are no tar are not a fault of the directory', async t => {
	const {context} = await setUp(t);
	const output = await buildOutputOf(context, ['out']);
	await t.throwsAsync(output!.take(Readable.from([Buffer.alloc(600, 'x')])), {code: 'invalid', message: /^the output of the build is not a whole tar: /v});
	const long = pack();
	long.entry({name: 'x'.repeat(300)}, '');
	long.finalize();
	await t.throwsAsync(output!.take(long as unknown as Readable), {message: /cannot be written to out: ENAMETOOLONG/v});
});

test('the files of a build go to a tar, or alone to standard output', async t => {
	const {build, context, workingDirectory} = await setUp(t, someFiles);
	t.is(await build('--output', 'type=tar,dest=out.tar'), 0);
	t.true((await readFile(path.join(workingDirectory, 'out.tar'))).includes('tool\n'));
	t.is(context.output(), '#1 [1/1] COPY . /\n');
	const other = await setUp(t, someFiles);
	t.is(await other.build('-o', '-'), 0);
	t.is(other.context.output().slice(257, 262), 'ustar');
	t.is(other.context.errors(), '#1 [1/1] COPY . /\n');
});

test('what cannot be written is an error before the build', async t => {
	const {build, asked, workingDirectory} = await setUp(t);
	await writeFile(path.join(workingDirectory, 'file'), '');
	for (const [flags, message] of [
		[['-o', 'file'], /cannot be written to file/v],
		[['-o', 'type=tar,dest=context'], /is not a regular file/v],
		[['-o', 'type=oci,dest=x'], /--output type=oci/v],
		[['-o', 'type=local'], /names no directory/v],
		[['-o', 'type=local,dest=x,mode=delete'], /unknown field "mode"/v],
		[['-o', 'x', '-o', 'y'], /one output/v],
		[['-o', 'x', '-t', 'name', '--push'], /--tag and --push/v],
		[['--push'], /needs a name/v],
		[['--ssh', 'default'], /SSH_AUTH_SOCK is not set/v],
		[['--ssh', 'one=file'], /neither the socket of an agent nor a private key/v],
		[['--ssh', '=file'], /has no id/v],
	] as const) {
		await t.throwsAsync(build(...flags), {message}, flags.join(' '));
	}

	t.deepEqual(asked, []);
});

test('all names are pushed after the build', async t => {
	const {build, context, pushed} = await setUp(t);
	t.is(await build('--push', '-q', '-t', 'registry.example/a:1', '-t', 'registry.example/b'), 0);
	t.deepEqual(pushed, ['registry.example/a:1', 'registry.example/b']);
	t.is(context.output(), `${id}\n`);
});
