import {Buffer} from 'node:buffer';
import test from 'ava';
import {eventsBetween} from '../../../source/backends/apple/events.js';
import {groupsOf} from '../../../source/backends/apple/hosts.js';
import {linesOfPart, parseStamps} from '../../../source/backends/apple/log-entries.js';
import {decodeNotes, encodeNotes} from '../../../source/backends/apple/notes.js';
import {parseRecord} from '../../../source/backends/apple/records.js';
import {compareTrees, resolveIn, type Node} from '../../../source/backends/apple/tree.js';

test('lines of both streams in the order in which they arrived', t => {
	const stamps = parseStamps('stdout 4 1000\nstderr 4 2000\nnonsense\nstdout 12 3000\nstderr 999999999999999999 1\n');
	const {entries, ends} = linesOfPart({
		stdout: Buffer.from('one\nthree\nunfi'), stderr: Buffer.from('two\n'), from: {stdout: 0, stderr: 0}, stamps, otherwise: 500, isWhole: false,
	});
	t.deepEqual(entries.map(({stream, timestamp, bytes}) => [stream, Date.parse(timestamp), Buffer.from(bytes).toString()]), [
		['stdout', 1000, 'one\n'], ['stderr', 2000, 'two\n'], ['stdout', 3000, 'three\n'],
	]);
	t.deepEqual(ends, {stdout: 10, stderr: 4});
	const rest = linesOfPart({
		stdout: Buffer.from('unfi'), stderr: Buffer.alloc(0), from: ends, stamps, otherwise: 500, isWhole: true,
	});
	t.deepEqual(rest.entries.map(({bytes}) => Buffer.from(bytes).toString()), ['unfi']);
	t.is(Date.parse(rest.entries[0]!.timestamp), 3000, 'without a stamp of its own it is not earlier than what came before');
});

test('notes in labels, and what is none', t => {
	const id = 'ab'.repeat(32);
	const holm = encodeNotes({id, name: 'a=b, "c"'});
	t.notRegex(holm, /[=\s]/v);
	t.like(decodeNotes({holm}), {id, name: 'a=b, "c"'});
	for (const text of ['', 'e30', 'bnVsbA', '!!!', Buffer.from('{"v":1,"id":"../../x"}').toString('base64url'), Buffer.from(`{"v":2,"id":"${id}"}`).toString('base64url')]) {
		t.is(decodeNotes({holm: text}), undefined);
	}

	t.is(decodeNotes({}), undefined);
});

test('records of a container, and what is none', t => {
	const id = 'cd'.repeat(32);
	t.deepEqual(parseRecord(`${id}\t137 1764520000\t4242\t{"startedAt":5}`), [id, {state: {startedAt: 5}, exit: {exitCode: 137, finishedAt: 1_764_520_000_000}, keeper: 4242}]);
	t.deepEqual(parseRecord(`${id}\thalf\t\t{"star`), [id, {state: {}}]);
	t.is(parseRecord('../../etc\t1 1\t\t{}'), undefined);
	t.is(parseRecord(''), undefined);
});

test('hosts files are written in groups that fit into the words of a shell', t => {
	const files = ['a', 'b', 'c', 'd'].map((id, index) => [id, 'x'.repeat([40_000, 70_000, 20_000, 200_000][index]!)] as const);
	t.deepEqual(groupsOf(files).map(group => group.map(([id]) => id)), [['a'], ['b', 'c'], ['d']]);
	t.deepEqual(groupsOf([]), []);
});

test('events between two lists', t => {
	t.deepEqual(eventsBetween(undefined, 'created'), ['create']);
	t.deepEqual(eventsBetween(undefined, 'running'), ['create', 'start']);
	t.deepEqual(eventsBetween('created', 'running'), ['start']);
	t.deepEqual(eventsBetween('running', 'stopped'), ['die']);
	t.deepEqual(eventsBetween('created', 'stopped'), ['start', 'die']);
	t.deepEqual(eventsBetween('running', 'running'), []);
});

const node = (type: string, more: Partial<Node> = {}): Node => ({
	type, mode: 0o644, uid: 0, gid: 0, sizeBytes: 0, modifiedAt: 0, target: '', digest: '', ...more,
});

test('changes between trees leave out what Apple writes and what is mounted', t => {
	const before = new Map([['/etc', node('directory')], ['/etc/hosts', node('file')], ['/etc/passwd', node('file')], ['/gone', node('directory')], ['/gone/file', node('file')]]);
	const after = new Map([
		['/etc', node('directory')], ['/etc/hosts', node('file', {digest: 'x'})], ['/etc/passwd', node('file', {modifiedAt: 7})], ['/etc/link', node('link', {target: '/etc/passwd'})],
		['/data', node('directory')], ['/data/inside', node('file')], ['/lost+found', node('directory')],
	]);
	t.deepEqual(Object.fromEntries(compareTrees(before, after, ['/data'])), {'/data': 'added', '/etc/link': 'added', '/gone': 'deleted'});
});

test('links are followed within a tree, and circles end', t => {
	const tree = new Map([
		['/a', node('directory')], ['/a/file', node('file')], ['/to-a', node('symlink', {target: 'a'})], ['/up', node('symlink', {target: '../../../a/file'})], ['/round', node('symlink', {target: '/round'})],
	]);
	t.is(resolveIn(tree, '/to-a/file', {follow: false}), '/a/file');
	t.is(resolveIn(tree, '/to-a', {follow: false}), '/to-a');
	t.is(resolveIn(tree, '/to-a/.', {follow: true}), '/a');
	t.is(resolveIn(tree, '/up', {follow: true}), '/a/file');
	t.is(resolveIn(tree, '/round', {follow: true}), undefined);
	t.is(resolveIn(tree, '/none/x', {follow: true}), undefined);
	t.is(resolveIn(tree, '/', {follow: true}), '');
});
