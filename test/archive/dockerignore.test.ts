import {execFileSync} from 'node:child_process';
import {
	mkdir,
	mkdtemp,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {PassThrough, type Readable} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {extract} from 'tar-stream';
import {directoryContext, inputContext} from '../../source/archive/build-context.js';
import {parseIgnore} from '../../source/archive/dockerignore.js';

const ignored = (rules: string, ...files: readonly string[]) => files.filter(file => parseIgnore(rules).ignores(file));

// The rules are those of Docker's documentation of .dockerignore, and of the tests of moby/patternmatcher.
const cases: ReadonlyArray<readonly [string, readonly string[], readonly string[]]> = [
	['*/temp*', ['a/temporary.txt', 'a/temp'], ['temp', 'a/b/temp']],
	['*/*/temp*', ['a/b/temp.txt'], ['a/temp']],
	['temp?', ['tempa', 'temp1'], ['temp', 'tempab']],
	['**/*.go', ['a.go', 'a/b/c.go'], ['a.gox']],
	['*.md\n!README.md', ['a.md'], ['README.md', 'a/b.md']],
	['*.md\n!README*.md\nREADME-secret.md', ['a.md', 'README-secret.md'], ['README.md', 'README-x.md']],
	['*.md\nREADME-secret.md\n!README*.md', ['a.md'], ['README-secret.md', 'README.md']],
	['node_modules', ['node_modules', 'node_modules/a/b'], ['a/node_modules']],
	['/foo/', ['foo', 'foo/bar'], ['a/foo']],
	['**/node_modules', ['node_modules', 'a/b/node_modules/c'], ['node_modules2']],
	['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/xb']],
	['a/**', ['a/b', 'a/b/c'], ['a', 'b']],
	['**', ['a', 'a/b'], []],
	['*\n!src\nsrc/secret', ['README', 'src/secret'], ['src', 'src/a']],
	['# comment\n\n  spaced  ', ['spaced'], ['# comment']],
	['[a-c].txt', ['a.txt', 'c.txt'], ['d.txt']],
	['[^a].txt', ['b.txt'], ['a.txt']],
	[String.raw`\*.txt`, ['*.txt'], ['a.txt']],
	['./foo/../bar', ['bar'], ['foo']],
	['a.b+c(d)', ['a.b+c(d)'], ['axb+c(d)']],
	['.', [], ['a']],
	['*\n!**/*.py', ['a', 'a/b', 'a.txt', 'a/b/c'], ['x.py', 'a/x.py', 'a/b/x.py']],
	['*\n!*/*.txt', ['a', 'a.txt', 'a/b/c.txt'], ['a/b.txt']],
	['*\n!*/target/*file1', ['a', 'a/target', 'a/target/file2'], ['a/target/file1', 'a/target/my-file1']],
	['\u{FEFF}bom', ['bom'], []],
];

for (const [rules, out, kept] of cases) {
	test(`rules ${JSON.stringify(rules)}`, t => {
		t.deepEqual(ignored(rules, ...out, ...kept), out);
	});
}

test('an ignored directory is searched only if a pattern may include something in it', t => {
	const {mayInclude} = parseIgnore('vendor\n!vendor/keep/*.txt\n!**/README');
	t.true(mayInclude('vendor'));
	t.true(mayInclude('vendor/keep'));
	t.true(mayInclude('anything'), '**/README can be anywhere');
	t.false(parseIgnore('vendor\n!docs/a').mayInclude('vendor'));
});

const directory = async (t: ExecutionContext, files: Readonly<Record<string, string>>) => {
	const root = await mkdtemp(path.join(tmpdir(), 'holm-context-'));
	t.teardown(async () => rm(root, {recursive: true, force: true}));
	for (const [name, text] of Object.entries(files)) {
		await mkdir(path.dirname(path.join(root, name)), {recursive: true});
		await writeFile(path.join(root, name), text);
	}

	return root;
};

const entryNamesOf = async (tar: Readable): Promise<readonly string[]> => {
	const names: string[] = [];
	for await (const entry of tar.pipe(extract())) {
		names.push(entry.header.name);
		entry.resume();
	}

	return names;
};

test('a context holds what is not ignored, its Dockerfile always', async t => {
	const root = await directory(t, {
		Dockerfile: 'FROM x', '.dockerignore': '*\n!src\n!deep/in/side', 'src/a': 'a', 'secret/key': 'k', 'deep/in/side': 's', 'deep/other': 'o',
	});
	const {tar, file} = await directoryContext({directory: root, workingDirectory: '/'});
	t.is(file, 'Dockerfile');
	t.deepEqual(await entryNamesOf(tar), ['.dockerignore', 'deep/', 'deep/in/', 'deep/in/side', 'Dockerfile', 'src/', 'src/a']);
});

test('a Containerfile and its list of what is ignored count where there are no others', async t => {
	const root = await directory(t, {Containerfile: 'FROM x', '.containerignore': 'a', a: '', b: ''});
	const {tar, file} = await directoryContext({directory: root, workingDirectory: '/'});
	t.is(file, 'Containerfile');
	t.deepEqual(await entryNamesOf(tar), ['.containerignore', 'b', 'Containerfile']);
});

test('a Dockerfile in the context keeps its name, its own rules go first', async t => {
	const root = await directory(t, {
		'docker/web': 'FROM x', 'docker/web.dockerignore': 'b', '.dockerignore': 'a', a: '', b: '',
	});
	const {tar, file} = await directoryContext({directory: '.', file: 'docker/web', workingDirectory: root});
	t.is(file, 'docker/web');
	t.deepEqual(await entryNamesOf(tar), ['.dockerignore', 'a', 'docker/', 'docker/web', 'docker/web.dockerignore']);
});

test('a Dockerfile outside of the context is sent beside it', async t => {
	const root = await directory(t, {Outside: 'FROM x', 'context/a': ''});
	const {tar, file} = await directoryContext({directory: 'context', file: 'Outside', workingDirectory: root});
	t.regex(file ?? '', /^\.dockerfile\.[\da-f]{16}$/v);
	t.deepEqual(await entryNamesOf(tar), ['a', file]);
});

test('what cannot be sent is told in one line, once the context is read', async t => {
	const root = await directory(t, {Dockerfile: 'FROM x', '.dockerignore': 'ignored'});
	execFileSync('mkfifo', [path.join(root, 'ignored'), path.join(root, 'pipe')]);
	const one = await directoryContext({directory: root, workingDirectory: '/'});
	t.is(one.leftOut!(), undefined);
	t.deepEqual(await entryNamesOf(one.tar), ['.dockerignore', 'Dockerfile']);
	t.is(one.leftOut!(), 'left out of the build context: pipe because sockets, pipes and devices are not sent');
	execFileSync('mkfifo', [path.join(root, 'another')]);
	const two = await directoryContext({directory: root, workingDirectory: '/'});
	await entryNamesOf(two.tar);
	t.is(two.leftOut!(), 'left out of the build context: 2 files, such as another, because sockets, pipes and devices are not sent');
});

test('links are sent as links', async t => {
	const root = await directory(t, {Dockerfile: ''});
	await symlink('/etc/passwd', path.join(root, 'link'));
	const {tar} = await directoryContext({directory: root, workingDirectory: '/'});
	const links: string[] = [];
	for await (const entry of tar.pipe(extract())) {
		entry.resume();
		links.push(`${entry.header.type} ${entry.header.name} ${entry.header.linkname ?? ''}`);
	}

	t.deepEqual(links, ['file Dockerfile ', 'symlink link /etc/passwd']);
});

test('a link to a device in the place of a Dockerfile or of a list of ignored files is refused', async t => {
	for (const name of ['Dockerfile', '.dockerignore']) {
		const root = await directory(t, name === 'Dockerfile' ? {} : {Dockerfile: 'FROM x\n'});
		// Not /dev/zero, which would fill the memory where this fails.
		await symlink('/dev/null', path.join(root, name));
		await t.throwsAsync(directoryContext({directory: root, workingDirectory: '/'}), {code: 'invalid', message: /is not a file of at most 4 MiB/v}, name);
	}
});

test('a context without a Dockerfile, or that is none, is refused', async t => {
	const root = await directory(t, {a: ''});
	await t.throwsAsync(directoryContext({directory: '.', workingDirectory: root}), {message: 'there is no Dockerfile in .'});
	await t.throwsAsync(directoryContext({directory: 'a', workingDirectory: root}), {message: 'the build context a is not a directory'});
	await t.throwsAsync(directoryContext({directory: 'b', workingDirectory: root}), {message: /^the build context b cannot be read: ENOENT/v});
	await t.throwsAsync(directoryContext({directory: '.', file: 'Nope', workingDirectory: root}), {message: 'there is no Nope'});
});

test('standard input is a Dockerfile, or a tar that is passed on', async t => {
	const input = new PassThrough();
	input.end('FROM alpine\nRUN true\n');
	const {tar, file} = await inputContext(input);
	t.is(file, 'Dockerfile');
	t.deepEqual(await entryNamesOf(tar), ['Dockerfile']);

	const root = await directory(t, {Dockerfile: 'FROM x'});
	const packed = await directoryContext({directory: root, workingDirectory: '/'});
	const passed = await inputContext(packed.tar);
	t.is(passed.file, undefined);
	t.deepEqual(await entryNamesOf(passed.tar), ['Dockerfile']);

	const empty = new PassThrough();
	empty.end();
	await t.throwsAsync(inputContext(empty), {message: 'standard input is empty'});
});

test('many stars take no longer than few', t => {
	const {ignores} = parseIgnore(`${'*a'.repeat(20)}*b\n${'**/'.repeat(20)}b\n${'**a'.repeat(20)}b`);
	t.false(ignores('a'.repeat(200)));
	t.false(ignores('a/'.repeat(60) + 'a'));
	t.true(ignores('a/a/b'));
});
