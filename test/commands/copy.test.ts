import {Buffer} from 'node:buffer';
import {execFileSync} from 'node:child_process';
import {
	chmod,
	lstat,
	mkdir,
	mkdtemp,
	readFile,
	readdir,
	readlink,
	rm,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type Readable} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {extract, pack, type Header} from 'tar-stream';
import type {Engine} from '../../source/engine/engine.js';
import type {PathStatus} from '../../source/engine/archives.js';
import {HolmError} from '../../source/engine/errors.js';
import {
	parseSide,
	planCopy,
	renameContents,
	renameFirst,
	type PathKind,
} from '../../source/archive/copy-paths.js';
import {unpack} from '../../source/archive/unpack.js';
import {command} from '../../source/commands/container/cp.js';
import {createContext} from './helpers/context.js';
import {runCommand} from './helpers/run-command.js';

const directory = async (t: ExecutionContext) => {
	const root = await mkdtemp(path.join(tmpdir(), 'holm-copy-'));
	t.teardown(async () => rm(root, {recursive: true, force: true}));
	return root;
};

test('sides of a copy', t => {
	t.deepEqual(parseSide('-'), {kind: 'tar'});
	t.deepEqual(parseSide('web:/srv'), {kind: 'container', reference: 'web', path: '/srv'});
	t.deepEqual(parseSide('web:srv/.'), {kind: 'container', reference: 'web', path: '/srv/.'});
	t.deepEqual(parseSide('./a:b'), {kind: 'host', path: './a:b'});
	t.deepEqual(parseSide('/a:b'), {kind: 'host', path: '/a:b'});
	t.deepEqual(parseSide('plain'), {kind: 'host', path: 'plain'});
	t.throws(() => parseSide('web:'), {message: 'invalid path "web:"'});
	t.throws(() => parseSide(':/a'), {message: 'invalid path ":/a"'});
});

type PlanCase = readonly [source: string, sourceKind: 'file' | 'directory', destination: string, destinationKind: PathKind, directory: string, name: string];

// The rules of `docker cp`, in the order of its reference.
const plans: readonly PlanCase[] = [
	['/a/file', 'file', '/b/new', 'absent', '/b', 'new'],
	['/a/file', 'file', '/b/old', 'file', '/b', 'old'],
	['/a/file', 'file', '/b', 'directory', '/b', 'file'],
	['/a/file', 'file', '/b/', 'directory', '/b/', 'file'],
	['/a/dir', 'directory', '/b/new', 'absent', '/b', 'new'],
	['/a/dir', 'directory', '/b/new/', 'absent', '/b', 'new'],
	['/a/dir/.', 'directory', '/b/new', 'absent', '/b', 'new'],
	['/a/dir', 'directory', '/b', 'directory', '/b', 'dir'],
	['/a/dir/', 'directory', '/b', 'directory', '/b', 'dir'],
	['/a/dir/.', 'directory', '/b', 'directory', '/b', ''],
	['/', 'directory', '/b', 'directory', '/b', ''],
	['/a/file', 'file', '/', 'directory', '/', 'file'],
];

for (const [source, sourceKind, destination, destinationKind, place, name] of plans) {
	test(`${sourceKind} ${source} to ${destination}, which is ${destinationKind}`, t => {
		const plan = planCopy({
			source, sourceKind, destination, destinationKind,
		});
		t.deepEqual(plan, {directory: place, name});
	});
}

test('copies that cannot be', t => {
	t.throws(() => planCopy({
		source: '/a', sourceKind: 'file', destination: '/b/', destinationKind: 'absent',
	}), {message: 'no such directory: /b/'});
	t.throws(() => planCopy({
		source: '/a', sourceKind: 'directory', destination: '/b', destinationKind: 'file',
	}), {message: 'cannot copy directory /a over file /b'});
	t.throws(() => planCopy({
		source: '/a/', sourceKind: 'file', destination: '/b', destinationKind: 'file',
	}), {message: '/a/ is not a directory'});
	t.throws(() => planCopy({
		source: '/a', sourceKind: 'file', destination: '/b/.', destinationKind: 'file',
	}), {message: '/b/. is not a directory'});
});

test('names in the archive of a directory\'s contents', t => {
	t.is(renameContents('')('./a/b'), 'a/b');
	t.is(renameContents('')('./'), '');
	t.is(renameContents('')('.'), '');
	t.is(renameContents('new')('./a/b'), 'new/a/b');
	t.is(renameContents('new')('./'), 'new/');
});

test('the first part of names in an archive', t => {
	t.is(renameFirst('new')('old/a/b'), 'new/a/b');
	t.is(renameFirst('new')('./old'), 'new');
	t.is(renameFirst('')('old/a'), 'a');
	t.is(renameFirst('')('old/'), '');
});

type Entry = Partial<Header> & {readonly name: string; readonly text?: string};

const tarOf = (...entries: readonly Entry[]): Readable => {
	const tar = pack();
	for (const {text = '', ...header} of entries) {
		if (header.type === undefined || header.type === 'file') {
			tar.entry(header, text);
		} else {
			tar.entry(header);
		}
	}

	tar.finalize();
	return tar as unknown as Readable;
};

const unpackInto = async (root: string, ...entries: readonly Entry[]) =>
	unpack(tarOf(...entries), {root, rename: name => name, keepOwners: false});

test('files, directories and links of an archive', async t => {
	const root = await directory(t);
	const skipped = await unpackInto(
		root,
		{
			name: 'd/', type: 'directory', mode: 0o500, mtime: new Date(1000),
		},
		{
			name: 'd/file', text: 'hello', mode: 0o4755, mtime: new Date(2000),
		},
		{name: 'd/link', type: 'symlink', linkname: '/etc/passwd'},
		{name: 'd/hard', type: 'link', linkname: 'd/file'},
		{name: 'd/null', type: 'character-device'},
	);
	t.deepEqual(skipped, ['d/null']);
	t.is(await readFile(path.join(root, 'd/hard'), 'utf8'), 'hello');
	t.is(await readlink(path.join(root, 'd/link')), '/etc/passwd');
	const [file, made] = await Promise.all([stat(path.join(root, 'd/file')), stat(path.join(root, 'd'))]);
	t.is(file.mode % 0o1_0000, 0o755, 'without set-user-ID');
	t.is(file.mtimeMs, 2000);
	t.is(made.mode % 0o1_0000, 0o500, 'and filled all the same');
	t.is(made.mtimeMs, 1000);
	await chmod(path.join(root, 'd'), 0o700);
});

const hostile: ReadonlyArray<readonly [string, readonly Entry[]]> = [
	['a path that goes up', [{name: '../escaped', text: 'x'}]],
	['a path that goes up in its middle', [{name: 'a/../../escaped', text: 'x'}]],
	['a directory that goes up', [{name: 'a/../../escaped/', type: 'directory'}]],
	['a link to a directory, then a file in it', [{name: 'out', type: 'symlink', linkname: '..'}, {name: 'out/escaped', text: 'x'}]],
	['a link to a directory, then a directory over it', [{name: 'out', type: 'symlink', linkname: '../target'}, {name: 'out/', type: 'directory', mode: 0o777}]],
	['a hard link that goes up', [{name: 'hard', type: 'link', linkname: '../target/secret'}]],
	['a hard link through a link', [{name: 'out', type: 'symlink', linkname: '../target'}, {name: 'hard', type: 'link', linkname: 'out/secret'}]],
	['a file where the root is', [{name: './', type: 'file', text: 'x'}]],
];

for (const [title, entries] of hostile) {
	test(`refuses ${title}`, async t => {
		const outside = await directory(t);
		const root = path.join(outside, 'root');
		await mkdir(root);
		await mkdir(path.join(outside, 'target'), {mode: 0o700});
		await writeFile(path.join(outside, 'target/secret'), 'secret');
		await t.throwsAsync(unpackInto(root, ...entries), {instanceOf: HolmError});
		t.deepEqual(await readdir(outside), ['root', 'target']);
		t.deepEqual(await readdir(path.join(outside, 'target')), ['secret']);
		const target = await stat(path.join(outside, 'target'));
		t.is(target.mode % 0o1000, 0o700);
	});
}

test('an absolute path of an archive is one below the root', async t => {
	const root = await directory(t);
	await unpackInto(root, {name: '/etc/x', text: 'x'});
	t.is(await readFile(path.join(root, 'etc/x'), 'utf8'), 'x');
});

test('a link to a file is replaced, not written through', async t => {
	const outside = await directory(t);
	const root = path.join(outside, 'root');
	await mkdir(root);
	await writeFile(path.join(outside, 'precious'), 'precious');
	await unpackInto(root, {name: 'a', type: 'symlink', linkname: '../precious'}, {name: 'a', text: 'overwritten'});
	t.is(await readFile(path.join(outside, 'precious'), 'utf8'), 'precious');
	const copied = await lstat(path.join(root, 'a'));
	t.true(copied.isFile());
});

const directoryMode = 0o04_0755;
const fileMode = 0o10_0644;
const linkMode = 0o12_0777;

const statusOf = (mode: number, linkTarget = ''): PathStatus => ({
	name: 'x', sizeBytes: 0, mode, modifiedAt: 0, linkTarget,
});

/** A container with the paths of a table; records writes. */
const engineWith = (paths: Readonly<Record<string, PathStatus>>, tar?: Readable) => {
	const written: Array<{readonly path: string; readonly names: readonly string[]}> = [];
	const engine: Partial<Engine> = {
		async container(reference) {
			throw new HolmError('not-found', `no such container: ${reference}`);
		},
		async pathStatus(_reference, inside) {
			const status = paths[inside];
			if (!status) {
				throw new HolmError('not-found', `no such path: ${inside}`);
			}

			return status;
		},
		readArchive: async (_reference, inside) => ({status: paths[inside]!, tar: tar!}),
		async writeArchive(_reference, inside, archive) {
			const names: string[] = [];
			for await (const entry of archive.pipe(extract())) {
				names.push(entry.header.name);
				entry.resume();
			}

			written.push({path: inside, names});
		},
	};
	return {engine, written};
};

test('cp of a directory into a container, and of what is in it', async t => {
	const root = await directory(t);
	await mkdir(path.join(root, 'src'));
	await writeFile(path.join(root, 'src/a'), 'a');
	const {engine, written} = engineWith({'/srv': statusOf(directoryMode)});
	const context = createContext({engine, workingDirectory: root});
	t.is(await runCommand(command, ['src', 'web:/srv'], context), 0);
	t.is(await runCommand(command, ['src/.', 'web:/srv'], context), 0);
	t.deepEqual(written, [{path: '/srv', names: ['src/', 'src/a']}, {path: '/srv', names: ['a']}]);
});

test('cp follows a link that is the destination in the container', async t => {
	const root = await directory(t);
	await writeFile(path.join(root, 'a'), 'a');
	const {engine, written} = engineWith({'/link': statusOf(linkMode, 'real/dir'), '/real/dir': statusOf(directoryMode)});
	await runCommand(command, ['a', 'web:/link'], createContext({engine, workingDirectory: root}));
	t.deepEqual(written, [{path: '/real/dir', names: ['a']}]);
});

test('cp of a file out of a container under another name', async t => {
	const root = await directory(t);
	const {engine} = engineWith({'/etc/conf': statusOf(fileMode)}, tarOf({name: 'conf', text: 'content'}));
	t.is(await runCommand(command, ['web:/etc/conf', 'mine'], createContext({engine, workingDirectory: root})), 0);
	t.is(await readFile(path.join(root, 'mine'), 'utf8'), 'content');
});

test('cp writes into a link to a directory that the user has', async t => {
	const root = await directory(t);
	await mkdir(path.join(root, 'real'));
	await symlink('real', path.join(root, 'link'));
	const {engine} = engineWith({'/conf': statusOf(fileMode)}, tarOf({name: 'conf', text: 'content'}));
	await runCommand(command, ['web:/conf', 'link'], createContext({engine, workingDirectory: root}));
	t.is(await readFile(path.join(root, 'real/conf'), 'utf8'), 'content');
});

test('cp goes through a link to a file, and refuses pipes and other special files', async t => {
	const root = await directory(t);
	const at = (name: string) => path.join(root, name);
	await writeFile(at('real'), 'old');
	await symlink('real', at('link'));
	await symlink('link', at('chain'));
	await symlink('made', at('dangling'));
	execFileSync('mkfifo', [at('pipe')]);
	await symlink('pipe', at('to-pipe'));
	const copy = async (destination: string, text: string) => {
		const {engine} = engineWith({'/conf': statusOf(fileMode)}, tarOf({name: 'conf', text}));
		await runCommand(command, ['web:/conf', destination], createContext({engine, workingDirectory: root}));
	};

	for (const name of ['link', 'chain']) {
		await copy(name, name);
		t.is(await readFile(at('real'), 'utf8'), name);
		t.true((await lstat(at(name))).isSymbolicLink());
	}

	await copy('dangling', 'new');
	t.is(await readFile(at('made'), 'utf8'), 'new');
	for (const name of ['pipe', 'to-pipe']) {
		await t.throwsAsync(copy(name, 'x'), {message: `${at('pipe')} is neither a regular file nor a directory`});
	}

	const {engine} = engineWith({'/conf/.': statusOf(directoryMode)}, tarOf({name: './pipe', text: 'x'}));
	await t.throwsAsync(runCommand(command, ['web:/conf/.', '.'], createContext({engine, workingDirectory: root})), {message: /pipe: it is a device, a pipe or a socket$/v});
	t.true((await lstat(at('pipe'))).isFIFO());
});

test('cp to /dev/stdout gives the content of a file', async t => {
	const {engine} = engineWith({'/conf': statusOf(fileMode)}, tarOf({name: 'conf', text: 'content'}));
	const context = createContext({engine});
	await runCommand(command, ['web:/conf', '/dev/stdout'], context);
	t.is(context.output(), 'content');
});

test('cp to standard output gives the tar as it is', async t => {
	const {engine} = engineWith({'/conf': statusOf(fileMode)}, tarOf({name: 'conf', text: 'content'}));
	const context = createContext({engine});
	await runCommand(command, ['web:/conf', '-'], context);
	t.true(context.output().startsWith('conf\0'));
	t.is(Buffer.from(context.output()).subarray(257, 262).toString(), 'ustar');
});

test('cp refuses what it cannot do', async t => {
	const root = await directory(t);
	await writeFile(path.join(root, 'a'), 'a');
	const {engine} = engineWith({'/conf': statusOf(fileMode), '/loop': statusOf(linkMode, '/loop')}, tarOf());
	const context = createContext({engine, workingDirectory: root});
	await t.throwsAsync(runCommand(command, ['a', 'b'], context), {message: /^neither a nor b is in a container/v});
	await t.throwsAsync(runCommand(command, ['nope', 'web:/x'], context), {message: 'no such file or directory: nope'});
	await t.throwsAsync(runCommand(command, ['a', 'web:/loop'], context), {message: '/loop leads through too many symbolic links'});
	await t.throwsAsync(runCommand(command, ['web:/conf', 'no/such/place'], context), {message: `no such directory: ${root}/no/such`});
	await t.throwsAsync(runCommand(command, ['a', 'gone:/x/y'], context), {message: 'no such container: gone'});
});
