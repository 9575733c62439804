import {Buffer} from 'node:buffer';
import test from 'ava';
import {createFileTree} from '../../../source/backends/memory/file-tree.js';
import type {TreeNode} from '../../../source/backends/memory/file-node.js';

const now = () => 1000;

const file = (content: string): TreeNode => ({
	type: 'file', mode: 0o644, uid: 0, gid: 0, modifiedAt: 0, content: Buffer.from(content),
});

const link = (target: string): TreeNode => ({
	type: 'link', mode: 0o777, uid: 0, gid: 0, modifiedAt: 0, target,
});

const textAt = (tree: ReturnType<typeof createFileTree>, path: string) => {
	const node = tree.find(path)?.node;
	return node?.type === 'file' ? Buffer.from(node.content).toString() : node?.type;
};

test('paths are followed as the container sees them', t => {
	const tree = createFileTree(now);
	tree.makeDirectory('/a/b');
	tree.put('/a/b/file', file('x'));
	tree.put('/a/relative', link('b/file'));
	tree.put('/absolute', link('/a/b'));
	tree.put('/up', link('../../../a'));
	tree.put('/loop', link('/loop2'));
	tree.put('/loop2', link('loop'));
	tree.put('/broken', link('/nowhere'));
	for (const path of ['/a/b/file', '//a/./b//file', '/a/relative', '/absolute/file', '/absolute/../relative', '/up/b/file', '/../../a/b/file', '/a/b/../../absolute/file']) {
		t.is(textAt(tree, path), 'x', path);
	}

	t.throws(() => tree.locate('/loop'), {message: 'Too many levels of symbolic links'});
	t.throws(() => tree.locate('/broken'), {message: 'No such file or directory'});
	t.is(tree.locate('/broken', {follow: false}).node.type, 'link');
	t.throws(() => tree.locate('/a/b/file/deeper'), {message: 'Not a directory'});
	t.throws(() => tree.locate('/a/b/file/'), {message: 'Not a directory'});
	t.throws(() => {
		tree.makeDirectory('/broken/x');
	}, {message: 'File exists'});
	t.is(tree.locate('/').path, '');
	t.is(tree.locate('/absolute/file').path, '/a/b/file');
});

test('a tree that was forked and what it came from go their own ways', t => {
	const first = createFileTree(now);
	first.makeDirectory('/d');
	first.put('/d/one', file('1'));
	const second = first.fork();
	first.put('/d/two', file('2'));
	second.put('/d/three', file('three'));
	second.remove('/d/one');
	const third = second.fork();
	second.put('/d/four', file('4'));
	t.deepEqual(first.list('/d'), ['one', 'two']);
	t.deepEqual(second.list('/d'), ['four', 'three']);
	t.deepEqual(third.list('/d'), ['three']);
	t.is(second.bytes(), 6);
	t.is(third.bytes(), 0);
});

test('mounts cover what is beneath, and are written to unless they may not be', t => {
	const volume = createFileTree(now);
	volume.put('/kept', file('kept'));
	const base = createFileTree(now);
	base.makeDirectory('/data');
	base.put('/data/hidden', file('hidden'));
	base.makeDirectory('/fixed');
	base.put('/to-data', link('/data/kept'));
	const tree = base.fork({readOnly: true, mounts: [
		{path: '/data', tree: volume, within: '', readOnly: false}, {path: '/fixed', tree: volume, within: '', readOnly: true},
	]});
	t.is(textAt(tree, '/data/kept'), 'kept');
	t.is(textAt(tree, '/to-data'), 'kept');
	t.is(tree.find('/data/hidden'), undefined);
	tree.put('/data/new', file('new'));
	t.is(textAt(volume, '/new'), 'new');
	t.is(textAt(tree, '/fixed/new'), 'new');
	for (const write of [
		() => {
			tree.put('/fixed/x', file('x'));
		},
		() => {
			tree.put('/root-file', file('x'));
		},
		() => {
			tree.put('/data/../root-file', file('x'));
		},
	]) {
		t.throws(write, {message: 'Read-only file system'});
	}

	t.throws(() => {
		tree.remove('/data');
	}, {message: 'Resource busy'});
	const copy = tree.copy();
	copy.put('/data/only-in-copy', file('x'));
	t.is(tree.find('/data/only-in-copy'), undefined);
	t.is(textAt(base, '/data/hidden'), 'hidden');
});

test('files and paths have their limits', t => {
	const tree = createFileTree(now);
	t.throws(() => {
		tree.put('/large', {...file(''), type: 'file', content: new Uint8Array(64 * 1024 * 1024 + 1)});
	}, {message: 'No space left on device'});
	t.throws(() => {
		tree.makeDirectory('/deep'.repeat(1000));
	}, {message: 'File name too long'});
});

test.serial('a tree has room for some files only', t => {
	const tree = createFileTree(now);
	const content = Buffer.alloc(64 * 1024 * 1024);
	const large: TreeNode = {
		type: 'file', mode: 0o644, uid: 0, gid: 0, modifiedAt: 0, content,
	};
	for (const name of ['a', 'b', 'c', 'c', 'b']) {
		tree.put(`/${name}`, large);
	}

	t.throws(() => {
		tree.put('/d', large);
	}, {message: 'No space left on device'});
	tree.remove('/b');
	tree.put('/d', large);
	tree.fork().put('/e', large);
	t.throws(() => {
		tree.put('/e', large);
	}, {message: 'No space left on device'});
});
