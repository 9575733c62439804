import {
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import {run} from '../../../source/host/run.js';
import {
	readRecord,
	readRecords,
	removeRecord,
	writeRecord,
} from '../../../source/host/store/records.js';

const makeDirectory = async (t: ExecutionContext) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-records-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	return directory;
};

/** A file system of the given size. A test that needs it is skipped if it cannot be mounted. */
const mountSmall = async (directory: string, bytes: number, t?: ExecutionContext) => {
	await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'tmpfs', directory]);
	t?.teardown(async () => run('umount', [directory]));
};

const canMount = async () => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-mount-'));
	try {
		await mountSmall(directory, 65_536);
		await run('umount', [directory]);
		return true;
	} catch {
		return false;
	} finally {
		await rm(directory, {recursive: true, force: true});
	}
};

const testWithMount = process.getuid?.() === 0 && await canMount() ? test : test.skip;

/** What a power cut may leave of a write, for each of its steps. */
const leftover = (name: string) => `.${name}.0123456789abcdef.1.tmp`;

test('what was written is read, whatever is in it', async t => {
	const directory = await makeDirectory(t);
	const file = path.join(directory, 'deep', 'er', 'record.json');
	const values: ReadonlyArray<Record<string, unknown>> = [
		{},
		{name: 'web\n"\u{0}\u{1F4A5}', list: [1, [null, {version: 9}]], value: {value: 1}},
		{text: 'x'.repeat(1_000_000)},
		{constructor: 1},
	];
	for (const value of values) {
		await writeRecord(file, value);
		t.deepEqual(await readRecord(file), {state: 'read', value});
	}

	t.is((await stat(file)).mode & 0o777, 0o600);
	t.deepEqual(await readdir(path.dirname(file)), ['record.json']);
});

test('a record that does not exist is missing, and so is one below a file', async t => {
	const directory = await makeDirectory(t);
	t.deepEqual(await readRecord(path.join(directory, 'no', 'record.json')), {state: 'missing'});
	await writeFile(path.join(directory, 'file'), '');
	t.deepEqual(await readRecord(path.join(directory, 'file', 'record.json')), {state: 'missing'});
	t.deepEqual(await readRecords(path.join(directory, 'no')), {values: new Map(), problems: []});
	t.deepEqual(await readRecords(path.join(directory, 'file')), {values: new Map(), problems: []});
});

test('an invalid record is set aside with a reason, and can be written again', async t => {
	const directory = await makeDirectory(t);
	const contents = {
		'': 'it is empty',
		'{"version":1,"value":{"a"': 'it is not JSON',
		'\u{0}\u{0}\u{0}\u{0}': 'it is not JSON',
		null: 'it is not a record of Holm',
		'[]': 'it is not a record of Holm',
		7: 'it is not a record of Holm',
		'{}': 'it is not a record of Holm',
		'{"version":1}': 'it is not a record of Holm',
		'{"version":1,"value":null}': 'it is not a record of Holm',
		'{"version":1,"value":[]}': 'it is not a record of Holm',
		'{"version":0,"value":{}}': 'it is not a record of Holm',
		'{"version":"1","value":{}}': 'it is not a record of Holm',
	};
	for (const [content, reason] of Object.entries(contents)) {
		const file = path.join(directory, 'web.json');
		await writeFile(file, content);
		t.deepEqual(await readRecord(file), {state: 'unusable', problem: {path: `${file}.corrupt`, reason}}, content);
		t.is(await readFile(`${file}.corrupt`, 'utf8'), content);
		t.deepEqual(await readRecord(file), {state: 'missing'});
		await writeRecord(file, {a: 1});
		t.deepEqual(await readRecord(file), {state: 'read', value: {a: 1}});
	}
});

test('what a newer version wrote stays where it is', async t => {
	const directory = await makeDirectory(t);
	const file = path.join(directory, 'web.json');
	const text = '{"version":2,"value":{"a":1},"more":true}';
	await writeFile(file, text);
	t.deepEqual(await readRecord(file), {state: 'unusable', problem: {path: file, reason: 'a newer version of Holm wrote it (format 2, this one knows 1)'}});
	t.is(await readFile(file, 'utf8'), text);
	t.deepEqual(await readdir(directory), ['web.json']);
});

test('an unreadable record is an error, because it may be intact', async t => {
	const directory = await makeDirectory(t);
	// Its first bytes are not mapped, so reading fails with EIO.
	await symlink('/proc/self/mem', path.join(directory, 'web.json'));
	for (const reading of [readRecord(path.join(directory, 'web.json')), readRecords(directory)]) {
		const error = await t.throwsAsync(reading);
		t.like(error, {code: 'unavailable', message: `cannot read ${directory}/web.json: the disk reported an error`});
		t.regex((error as HolmError).remedy ?? '', /check the disk.*move it elsewhere/v);
	}

	t.deepEqual(await readdir(directory), ['web.json']);
});

test('a directory instead of a record is a problem, not a crash', async t => {
	const directory = await makeDirectory(t);
	await mkdir(path.join(directory, 'web.json'));
	await symlink('loop.json', path.join(directory, 'loop.json'));
	await writeRecord(path.join(directory, 'db.json'), {a: 1});
	const {values, problems} = await readRecords(directory);
	t.deepEqual([...values], [['db', {a: 1}]]);
	t.deepEqual(problems.map(problem => path.basename(problem.path)), ['loop.json', 'web.json']);
	await t.throwsAsync<HolmError>(writeRecord(path.join(directory, 'web.json'), {}), {code: 'unavailable'});
	t.deepEqual((await readdir(directory)).toSorted(), ['db.json', 'loop.json', 'web.json'], 'and no temporary file is left');
});

test('all records of a directory, those beside good ones that are bad, and what a power cut left', async t => {
	const directory = await makeDirectory(t);
	await writeRecord(path.join(directory, 'b.json'), {name: 'b'});
	await writeRecord(path.join(directory, 'a.json'), {name: 'a'});
	await writeFile(path.join(directory, 'c.json'), '{"versi');
	await writeFile(path.join(directory, leftover('a.json')), '{"version":1,"value":{"name":"half');
	await writeFile(path.join(directory, leftover('new.json')), '');
	await writeFile(path.join(directory, 'notes.txt'), 'not ours');
	await writeFile(path.join(directory, '.hidden.json'), 'not ours');
	const {values, problems} = await readRecords(directory);
	t.deepEqual([...values], [['a', {name: 'a'}], ['b', {name: 'b'}]]);
	t.deepEqual(problems.map(({reason}) => reason), ['it is not JSON']);
	t.deepEqual((await readdir(directory)).toSorted(), ['.hidden.json', 'a.json', 'b.json', 'c.json.corrupt', 'notes.txt']);
	t.deepEqual((await readRecords(directory)).problems, [], 'what was set aside is no problem any more');
});

test('records that have a directory each', async t => {
	const directory = await makeDirectory(t);
	await writeRecord(path.join(directory, 'one', 'record.json'), {name: 'one'});
	await mkdir(path.join(directory, 'without'));
	await mkdir(path.join(directory, 'cut'));
	await writeFile(path.join(directory, 'cut', leftover('record.json')), '{');
	await mkdir(path.join(directory, 'corrupt'));
	await writeFile(path.join(directory, 'corrupt', 'record.json'), '');
	await writeFile(path.join(directory, 'file'), '');
	const {values, problems} = await readRecords(directory, 'record.json');
	t.deepEqual([...values], [['one', {name: 'one'}]]);
	t.deepEqual(problems, [{path: path.join(directory, 'corrupt', 'record.json.corrupt'), reason: 'it is empty'}]);
	t.deepEqual(await readdir(path.join(directory, 'cut')), []);
});

test('of many writes at once one stands whole, and readers never see half a record', async t => {
	const directory = await makeDirectory(t);
	const file = path.join(directory, 'web.json');
	await writeRecord(file, {index: -1, text: ''});
	const writing = new AbortController();
	const reading = (async () => {
		const states = new Set<string>();
		while (!writing.signal.aborted) {
			const {state} = await readRecord(file);
			states.add(state);
			// It removes leftovers, but must not remove files in use.
			const {problems} = await readRecords(directory);
			states.add(problems.length === 0 ? 'read' : 'problem');
		}

		return states;
	})();
	for (let round = 0; round < 10; round++) {
		await Promise.all(Array.from({length: 10}, async (_, index) => writeRecord(file, {index, text: String(index).repeat(10_000)})));
	}

	writing.abort();
	t.deepEqual([...await reading], ['read']);
	const last = await readRecord<{index: number; text: string}>(file);
	t.true(last.state === 'read' && last.value.text === String(last.value.index).repeat(10_000));
	t.deepEqual(await readdir(directory), ['web.json']);
});

test('a record is removed for good, and one that is gone is no error', async t => {
	const directory = await makeDirectory(t);
	const file = path.join(directory, 'web.json');
	await writeRecord(file, {});
	await removeRecord(file);
	t.deepEqual(await readRecord(file), {state: 'missing'});
	await removeRecord(file);
	await removeRecord(path.join(directory, 'no', 'web.json'));
	await writeFile(path.join(directory, 'file'), '');
	await removeRecord(path.join(directory, 'file', 'web.json'));
	t.deepEqual(await readdir(directory), ['file']);
});

testWithMount('on a full disk the old record stays, no temporary file remains, and the error has the reason', async t => {
	const directory = await makeDirectory(t);
	await mountSmall(directory, 64 * 1024, t);
	const file = path.join(directory, 'web.json');
	await writeRecord(file, {name: 'old'});
	const error = await t.throwsAsync<HolmError>(writeRecord(file, {text: 'x'.repeat(200_000)}));
	t.true(error instanceof HolmError);
	t.is(error.code, 'unavailable');
	t.is(error.message, `cannot write ${file}: no space left on the disk`);
	t.is(error.remedy, `check the disk of ${directory} and free space on it`);
	t.deepEqual(await readRecord(file), {state: 'read', value: {name: 'old'}});
	t.deepEqual(await readdir(directory), ['web.json']);
	// No block is left for a new file.
	await t.throwsAsync(writeFile(path.join(directory, 'filler'), Buffer.alloc(200_000)));
	await t.throwsAsync<HolmError>(writeRecord(file, {name: 'new'}), {code: 'unavailable'});
	await rm(path.join(directory, 'filler'));
	await writeRecord(file, {name: 'new'});
	t.deepEqual(await readRecord(file), {state: 'read', value: {name: 'new'}});
});

testWithMount('on a disk that became read-only records are read, and problems are reported', async t => {
	const directory = await makeDirectory(t);
	await mountSmall(directory, 64 * 1024, t);
	const file = path.join(directory, 'web.json');
	await writeRecord(file, {name: 'old'});
	await writeFile(path.join(directory, 'bad.json'), '{');
	await writeFile(path.join(directory, leftover('web.json')), '{');
	await run('mount', ['-o', 'remount,ro', directory]);
	const {values, problems} = await readRecords(directory);
	t.deepEqual([...values], [['web', {name: 'old'}]]);
	t.deepEqual(problems, [{path: path.join(directory, 'bad.json'), reason: 'it is not JSON'}]);
	const error = await t.throwsAsync<HolmError>(writeRecord(file, {name: 'new'}));
	t.is(error.message, `cannot write ${file}: the file system is read-only`);
	await t.throwsAsync<HolmError>(removeRecord(file), {code: 'unavailable'});
	await run('mount', ['-o', 'remount,rw', directory]);
});
