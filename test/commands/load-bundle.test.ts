import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdtemp, readFile, readdir, rm, stat, truncate, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import test from 'ava';

const program = `
const [module, bundle, directory, word] = process.argv.slice(1);
const {loadBundle} = await import(module);
const {answer} = loadBundle(bundle, {directory, word});
process.stdout.write(String(answer()));
`;
const module = new URL('../../source/commands/load-bundle.js', import.meta.url).href;

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));

test('without a directory for compiled code, commands run all the same', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-bundle-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	// In the second, Node would never stop trying to make it.
	for (const environment of [{XDG_CACHE_HOME: 'relative', HOME: ''}, {XDG_CACHE_HOME: '/proc'}, {HOME: '/proc/none'}, {XDG_CACHE_HOME: path.join(directory, 'none/none')}]) {
		t.regex(execFileSync(process.execPath, [cli, 'completion', 'bash'], {
			encoding: 'utf8', timeout: 60_000, cwd: directory, env: environment,
		}), /holm/v);
	}

	t.deepEqual(await readdir(directory), []);
	execFileSync(process.execPath, [cli, 'completion', 'bash'], {timeout: 60_000, env: {XDG_CACHE_HOME: path.join(directory, 'some')}});
	t.deepEqual(await readdir(directory), ['some']);
});

test('compiled code is kept for each word, and used only for the source that it comes from', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-bundle-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const bundle = path.join(directory, 'x.cjs');
	const cache = path.join(directory, 'cache');
	const file = path.join(cache, `x-${process.version}-${process.arch}`);
	const write = async (answer: string) => {
		const text = `module.exports = {answer: () => ${answer} + require('node:path').basename(__filename)};`;
		await writeFile(bundle, `//${createHash('sha256').update(text).digest('hex')}\n${text}`);
	};

	const run = (word: string, place = cache) => execFileSync(process.execPath, ['--input-type=module', '-e', program, module, bundle, place, word], {
		encoding: 'utf8', timeout: 60_000,
	});
	const words = async () => {
		const [, line = ''] = (await readFile(file, 'latin1')).split('\n');
		return line.split(' ').slice(2);
	};

	await write('"one "');
	t.is(run('ps'), 'one x.cjs');
	t.deepEqual(await words(), ['ps']);
	t.is((await stat(file)).mode & 0o777, 0o600);
	t.is(run('ps'), 'one x.cjs');
	t.is(run('rm'), 'one x.cjs');
	t.deepEqual(await words(), ['ps', 'rm']);
	t.deepEqual(await readdir(cache), [path.basename(file)], 'no draft is left');

	// V8 alone would run the old code: the new one has the same length.
	await write('"two "');
	t.is(run('ps'), 'two x.cjs');
	t.deepEqual(await words(), ['ps']);

	await truncate(file, (await stat(file)).size - 10);
	t.is(run('ps'), 'two x.cjs');
	await writeFile(file, '');
	t.is(run('ps'), 'two x.cjs');
	t.deepEqual(await words(), ['ps']);

	// Damaged code would end the process, each time.
	const whole = await readFile(file);
	await writeFile(file, Buffer.concat([whole.subarray(0, -64), Buffer.alloc(64)]));
	t.is(run('ps'), 'two x.cjs');
	t.false((await readFile(file)).subarray(-64).equals(Buffer.alloc(64)), 'it was written again');
	await rm(file);
	execFileSync('mkfifo', [file]);
	t.is(run('ps'), 'two x.cjs', 'a pipe, for which an open would wait');

	t.is(run('ps', bundle), 'two x.cjs', 'nowhere to write');
});
