import {mkdtemp, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {execFileSync} from 'node:child_process';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {copiedText, copyOf} from '../../../source/dashboard/logs/copy.js';
import type {LogLine} from '../../../source/dashboard/logs/log-buffer.js';
import {freeName, saveLines, type SaveOptions} from '../../../source/dashboard/logs/save.js';

test('as many whole lines are copied as a terminal takes, and the others are counted', t => {
	t.is(copiedText(copyOf(['one'])), 'Copied: one');
	t.is(copiedText(copyOf(['one', 'two'])), 'Copied 2 lines');
	t.deepEqual(copyOf(['aaa', 'bbb', 'c', 'd'], 7), {text: 'aaa\nbbb', lines: 2, cutLines: 2, cutBytes: 0});
	t.deepEqual(copyOf(['aaa', 'bbb', 'c'], 6), {text: 'aaa', lines: 1, cutLines: 2, cutBytes: 0});
	t.deepEqual(copyOf(['ää', 'ää'], 9), {text: 'ää\nää', lines: 2, cutLines: 0, cutBytes: 0});
	// One line that is too long by itself ends between two characters.
	t.deepEqual(copyOf(['漢字', 'x'], 5), {text: '漢', lines: 1, cutLines: 1, cutBytes: 3});
	t.is(copiedText(copyOf(['x'.repeat(80_000), 'y'])), 'Copied 1 line; 1 line and 6000 bytes cut off: terminals take 74000 bytes. Ctrl-S saves to a file');
});

const line = (text: string, source = 0): LogLine => ({source, stream: 'stdout', timestamp: `2026-11-30T10:01:0${source}.5Z`, text});
const options: SaveOptions = {names: ['one', 'other'], hasTimes: true, form: 'raw', now: 0, isOverwriting: false};

test('what is shown is saved: merged, with times and names', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-save-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const file = path.join(directory, 'a.log');
	await saveLines(file, [line('first'), line('{"msg":"x"}', 1)], options);
	t.is(await readFile(file, 'utf8'), '2026-11-30T10:01:00.5Z one   first\n2026-11-30T10:01:01.5Z other {"msg":"x"}\n');
	const {mode} = await stat(file);
	t.is(mode & 0o777, 0o600);
	t.is(freeName(file), path.join(directory, 'a-2.log'));
	t.is(freeName(path.join(directory, 'b.log')), path.join(directory, 'b.log'));
	await t.throwsAsync(saveLines(file, [], options), {message: `cannot save to ${file}: it exists`});
	await saveLines(file, [line('{"msg":"x"}')], {...options, names: ['one'], hasTimes: false, form: 'pretty', isOverwriting: true});
	t.is(await readFile(file, 'utf8'), '{\n  "msg": "x"\n}\n');
});

test('neither links nor pipes nor directories are written to', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-save-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const kept = path.join(directory, 'kept');
	await writeFile(kept, 'mine');
	const link = path.join(directory, 'link');
	await symlink(kept, link);
	const dangling = path.join(directory, 'dangling');
	await symlink(path.join(directory, 'elsewhere'), dangling);
	const pipe = path.join(directory, 'pipe');
	execFileSync('mkfifo', [pipe]);
	for (const isOverwriting of [true, false]) {
		await t.throwsAsync(saveLines(link, [line('x')], {...options, isOverwriting}), {message: isOverwriting ? /it is a symbolic link$/v : /it exists$/v});
		await t.throwsAsync(saveLines(dangling, [line('x')], {...options, isOverwriting}));
		await t.throwsAsync(saveLines(pipe, [line('x')], {...options, isOverwriting}), {message: isOverwriting ? /it is not a regular file$/v : /it exists$/v});
	}

	await t.throwsAsync(saveLines(directory, [line('x')], {...options, isOverwriting: true}), {message: /it is a directory$/v});
	await t.throwsAsync(saveLines(path.join(directory, 'no', 'a.log'), [], options), {message: /its directory does not exist$/v});
	t.is(await readFile(kept, 'utf8'), 'mine');
	await t.throwsAsync(stat(path.join(directory, 'elsewhere')));
	// Neither free nor usable: a link counts as taken.
	t.is(freeName(dangling), path.join(directory, 'dangling-2'));
});
