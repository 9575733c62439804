import {execFileSync} from 'node:child_process';
import {
	appendFile,
	mkdtemp,
	readFile,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {keepConsole, openConsole, readConsole, type ConsoleOptions} from '../../../source/host/machines/console.js';

const createFile = async (t: ExecutionContext, content: string) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-console-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const file = path.join(directory, 'console');
	await writeFile(file, content, 'latin1');
	return file;
};

const read = async (file: string, options?: ConsoleOptions) => {
	await using handle = await openConsole(file);
	const lines = await Array.fromAsync(readConsole(handle!, options));
	return lines.map(({bytes}) => Buffer.from(bytes).toString('latin1'));
};

test('lines end with a line feed alone, and other bytes stay as they are', async t => {
	const file = await createFile(t, 'one\r\ntwo\n\r\r\n\u{1B}[31m\u{FF}\0\rred\r\nno end');
	t.deepEqual(await read(file), ['one\n', 'two\n', '\r\n', '\u{1B}[31m\u{FF}\0\rred\n', 'no end']);
	t.deepEqual(await read(file, {tail: 2}), ['\u{1B}[31m\u{FF}\0\rred\n', 'no end']);
	t.deepEqual(await read(file, {tail: 0}), []);
	t.deepEqual(await read(file, {tail: 100}), await read(file));
	t.deepEqual(await read(file, {signal: AbortSignal.abort()}), []);
	t.deepEqual(await read(await createFile(t, '')), []);
});

test('what is printed while it is followed, also line ends in two pieces, and nothing after its end', async t => {
	const file = await createFile(t, 'old\r\nbegun');
	const ended = new AbortController();
	let all = '';
	await using handle = await openConsole(file);
	for await (const {bytes, seenAt} of readConsole(handle!, {tail: 1, follow: {file, ended: ended.signal}})) {
		t.true(Math.abs(seenAt - Date.now()) < 60_000);
		all += Buffer.from(bytes).toString();
		switch (all) {
			case 'begun': {
				await appendFile(file, ' and done\r');
				break;
			}

			case 'begun and done': {
				await appendFile(file, '\nlast\r\n');
				break;
			}

			case 'begun and done\nlast\n': {
				// Written before the end is known, so it is read.
				await appendFile(file, 'very last');
				ended.abort();
				break;
			}

			default:
		}
	}

	t.is(all, 'begun and done\nlast\nvery last');
});

test('following ends when its reader stops', async t => {
	const file = await createFile(t, 'x\n');
	const leaving = new AbortController();
	await using handle = await openConsole(file);
	const lines: string[] = [];
	for await (const {bytes} of readConsole(handle!, {follow: {file, ended: new AbortController().signal}, signal: leaving.signal})) {
		lines.push(Buffer.from(bytes).toString());
		setTimeout(() => {
			leaving.abort();
		}, 20);
	}

	t.deepEqual(lines, ['x\n']);
});

test('only a file is a console, whatever the machine put in its place', async t => {
	const secret = await createFile(t, 'secret');
	const directory = path.dirname(await createFile(t, ''));
	const link = path.join(directory, 'link');
	await symlink(secret, link);
	const pipe = path.join(directory, 'pipe');
	execFileSync('mkfifo', [pipe]);
	const target = path.join(directory, 'kept');
	for (const file of [link, pipe, directory, path.join(directory, 'absent')]) {
		t.is(await openConsole(file), undefined, file);
		await keepConsole(file, target);
		await t.throwsAsync(readFile(target), {code: 'ENOENT'});
	}
});

test('of a long console the end is kept', async t => {
	const file = await createFile(t, `${'x'.repeat(2 ** 21)}end`);
	const target = `${file}.kept`;
	await keepConsole(file, target);
	const kept = await readFile(target, 'latin1');
	t.is(kept.length, 2 ** 20);
	t.true(kept.endsWith('xend'));
});
