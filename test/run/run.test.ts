import {spawnSync} from 'node:child_process';
import {cp, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {byLength} from './ava-config.js';
import {failedFiles} from './failed-files.js';

const built = fileURLToPath(new URL('.', import.meta.url));
const packages = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** Test files that end in different ways. */
const endings = {
	passes: 'test("says ✘ nothing", t => { t.pass(); });',
	'deep/fails': 'test("a › title", t => { t.fail(); });',
	'deep/fails-too': 'test("its name begins as that of another", t => { t.fail(); });',
	hook: 'test.after(() => { throw new Error("late"); }); test("fine", t => { t.pass(); });',
	exits: 'test("leaves", t => { t.pass(); process.exit(3); });',
	empty: 'test;',
};

/** A project with these test files, by name, and the test runner of this project. */
const project = async (t: ExecutionContext, contents: Readonly<Record<string, string>>) => {
	const directory = await mkdtemp(path.join(os.tmpdir(), 'holm-test-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const files = Object.keys(contents).map(name => `dist/test/${name}.test.js`);
	await cp(built, path.join(directory, 'dist/test/run'), {recursive: true, filter: source => !source.includes('.test.')});
	await mkdir(path.join(directory, 'dist/test/deep'));
	await symlink(packages, path.join(directory, 'node_modules'));
	const ava = {files: ['dist/test/**/*.test.js'], require: ['./dist/test/run/record-time.js'], timeout: '1m', workerThreads: false};
	await writeFile(path.join(directory, 'package.json'), JSON.stringify({type: 'module', ava}));
	await Promise.all(Object.values(contents).map(async (text, index) => writeFile(path.join(directory, files[index]!), `import test from 'ava'; ${text}\n`)));
	const env = {...process.env, FORCE_COLOR: '1', HOLM_TEST_TIMES: undefined, HOLM_TEST_SILENCE_SECONDS: '8'};
	const runNode = (program: string) => spawnSync(process.execPath, [program], {cwd: directory, env, encoding: 'utf8'});
	return {files, runNode};
};

test('files that fail are found in what ava prints', async t => {
	const {files, runNode} = await project(t, endings);
	const {stdout, status} = runNode('node_modules/ava/entrypoints/cli.js');
	t.is(status, 1);
	const {files: found, unexplained} = failedFiles(stdout, files);
	t.deepEqual(found.toSorted(), files.filter(file => !file.includes('passes')).toSorted());
	t.deepEqual(unexplained, []);
});

const passing = 'test("passes", t => { t.pass(); });';
const flaky = 'import fs from "node:fs"; test("its second time", t => { t.true(fs.existsSync("been")); }); test.after.always(() => { fs.writeFileSync("been", ""); });';

test('a file that hangs is killed, reports what it waits for, and is run again; if it passes then, it is named and the run passes', async t => {
	const {runNode} = await project(t, {passes: passing, flaky: flaky.replace('t.true(', 'if (!fs.existsSync("been")) { setInterval(() => {}, 1000); } t.pass(')});
	const {stdout, stderr, status} = runNode('dist/test/run/main.js');
	t.is(status, 0);
	t.regex(stderr, /flaky\.test\.js waits for .*Timeout/v);
	t.regex(stdout, /Slowest files:\n +\d+ s {2}passes\n/v);
	t.true(stdout.endsWith('\n1 flaky, failed beside others and passed alone: flaky\n'));
});

test('a file that fails twice fails the run, even beside a flaky one', async t => {
	const {runNode} = await project(t, {passes: passing, flaky, 'deep/fails': endings['deep/fails']});
	const {stdout, status} = runNode('dist/test/run/main.js');
	t.is(status, 1);
	t.true(stdout.endsWith('\n1 flaky, failed beside others and passed alone: flaky\n'));
});

test('files that boot many machines come first', t => {
	const files = ['api/frames', 'host/engine/tables', 'backends/host', 'cli', 'host/engine/containers'].map(name => `/project/dist/test/${name}.test.js`);
	t.deepEqual(files.toSorted(byLength), [4, 2, 1, 0, 3].map(index => files[index]));
});

test('files that die or hang are found, and those that were interrupted by that', t => {
	const report = `
  ✘ dist/test/killed.test.js exited due to SIGKILL

  Uncaught exception in dist/test/throws.test.js

  dist/test/throws.test.js:1

  ✘ Timed out while running tests

  1 tests were pending in dist/test/killed.test.js

  ◌ killed › dies

  Failed to exit when running dist/test/deep/hangs.test.js
`;
	const files = ['killed', 'throws', 'deep/hangs', 'passes'].map(name => `dist/test/${name}.test.js`);
	t.deepEqual(failedFiles(report, files), {files: files.slice(0, 3), unexplained: []});
});

test('a failure without a file is not attributed to other files', t => {
	t.deepEqual(failedFiles('  ✘ [fail]: one › two Rejected\n  ✘ Error in shared worker\n', ['dist/test/one.test.js']), {files: ['dist/test/one.test.js'], unexplained: ['✘ Error in shared worker']});
});
