import {createHash} from 'node:crypto';
import {
	chmod,
	link,
	lstat,
	mkdir,
	readdir,
	readFile,
	readlink,
	rm,
	symlink,
	utimes,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type {World} from '../world.js';

const longName = `${'long-'.repeat(30)}name`;
const foreignName = 'größe 文件 \u{1F3DD}';

const makeTree = async (root: string) => {
	await mkdir(path.join(root, 'inner', foreignName), {recursive: true});
	await mkdir(path.join(root, 'empty'));
	await mkdir(path.join(root, longName, longName), {recursive: true});
	await writeFile(path.join(root, 'plain'), 'plain\n', {mode: 0o640});
	await writeFile(path.join(root, 'program'), '#!/bin/sh\necho ran\n', {mode: 0o755});
	await writeFile(path.join(root, 'large'), Buffer.alloc(3_000_001, 'abcdefg'));
	await writeFile(path.join(root, 'inner', foreignName, foreignName), 'foreign\n');
	await writeFile(path.join(root, longName, longName, longName), 'long\n');
	await writeFile(path.join(root, 'none'), '');
	await link(path.join(root, 'plain'), path.join(root, 'same'));
	await symlink('plain', path.join(root, 'relative'));
	await symlink('/data/seed/first', path.join(root, 'absolute'));
	await symlink(`inner/${foreignName}/${longName}`, path.join(root, 'dangling'));
	await chmod(path.join(root, 'empty'), 0o700);
	await chmod(path.join(root, 'plain'), 0o640);
	await utimes(path.join(root, 'plain'), 1_600_000_000, 1_600_000_000);
};

/** Describes a tree: a line for each path, with type, mode and content. */
const describeTree = async (root: string): Promise<readonly string[]> => {
	const names = await readdir(root, {recursive: true});
	return Promise.all(names.toSorted().map(async name => {
		const file = path.join(root, name);
		const status = await lstat(file);
		if (status.isSymbolicLink()) {
			return `${name} -> ${await readlink(file)}`;
		}

		const mode = (status.mode & 0o7777).toString(8);
		return status.isDirectory() ? `${name}/ ${mode}` : `${name} ${mode} ${createHash('sha256').update(await readFile(file)).digest('hex')}`;
	}));
};

/** `cp`, in both directions, with running and stopped containers. */
export const copyTests = (world: World): void => {
	const at = (name: string) => path.join(world.directory, name);

	world.test('cp: a tree copied into a running and a stopped container comes back unchanged', async t => {
		await makeTree(at('tree'));
		const tree = await describeTree(at('tree'));
		t.true(tree.length > 12);
		await world.holm('run', '-d', '--name', 'up', 'box', 'sleep', '600');
		await world.holm('create', '--name', 'down', 'box', 'sh', '-c', '/tmp/tree/program; cat /tmp/tree/absolute; stat -c %a /tmp/tree/plain; stat -c %h /tmp/tree/same');
		for (const name of ['up', 'down']) {
			await world.holm('cp', at('tree'), `${name}:/tmp`);
			await world.holm('cp', `${name}:/tmp/tree`, at(`back-${name}`));
			t.deepEqual(await describeTree(at(`back-${name}`)), tree, name);
			t.is((await lstat(path.join(at(`back-${name}`), 'plain'))).mtimeMs, 1_600_000_000_000);
			t.is((await lstat(path.join(at(`back-${name}`), 'plain'))).ino, (await lstat(path.join(at(`back-${name}`), 'same'))).ino, 'hard links are links');
		}

		t.is(await world.holm('exec', 'up', '/tmp/tree/program'), 'ran');
		t.is(await world.holm('exec', 'up', 'cat', `/tmp/tree/inner/${foreignName}/${foreignName}`), 'foreign');
		t.is(await world.holm('start', '-a', 'down'), 'ran\nfrom the image\n640\n2');
	});

	world.test('cp: source and target paths, as in Docker', async t => {
		await writeFile(at('note'), 'a note\n');
		await world.holm('cp', at('note'), 'up:/tmp/renamed');
		t.is(await world.holm('exec', 'up', 'cat', '/tmp/renamed'), 'a note');
		await world.holm('cp', at('note'), 'up:/tmp/');
		t.is(await world.holm('exec', 'up', 'cat', '/tmp/note'), 'a note');
		await world.holm('cp', `${at('tree')}/.`, 'up:/home/ada');
		t.is(await world.holm('exec', 'up', 'cat', '/home/ada/plain'), 'plain');
		await world.holm('cp', 'up:/data/seed/first', at('first'));
		t.is(await readFile(at('first'), 'utf8'), 'from the image\n');
		await world.holm('cp', '-L', 'up:/tmp/tree/absolute', at('followed'));
		t.is(await readFile(at('followed'), 'utf8'), 'from the image\n');

		const tar = await world.run(['cp', 'up:/data/seed', '-']);
		t.is(tar.status, 0);
		const sent = await world.launch(['cp', '-', 'down:/tmp'], {input: tar.bytes}).ended;
		t.like(sent, {status: 0, stderr: ''});
		await world.holm('cp', 'down:/tmp/seed/first', at('again'));
		t.is(await readFile(at('again'), 'utf8'), 'from the image\n');
	});

	world.test('cp: an error is one line', async t => {
		for (const [source, target, reason] of [
			['up:/no/such/file', at('x'), /could not find the file.*no\/such\/file.*up/iv],
			['down:/no/such/file', at('x'), /could not find the file.*no\/such\/file.*down/iv],
			[at('no-such-file'), 'up:/tmp', /no such file or directory/v],
			[at('note'), 'up:/no/such/directory/', /no\/such\/directory/v],
			[at('note'), 'nobody:/tmp', /No such container: nobody/v],
			[at('note'), 'up:/etc/passwd/below', /etc\/passwd/v],
		] as const) {
			const {status, stdout, stderr} = await world.run(['cp', source, target]);
			t.is(status, 1, target);
			t.is(stdout, '');
			t.regex(stderr, /^Error: [^\n]+\n$/v);
			t.regex(stderr, reason);
		}

		// The helper machine ends after a delay; the running container stays.
		const {machines} = await world.until(async () => world.traces(), traces => traces.machines.length <= 1);
		t.is(machines.length, 1);
	});

	world.test('cp: links in a container cannot reach the host', async t => {
		await world.holm('exec', 'up', 'sh', '-c', 'ln -s /etc/hostname /tmp/link; ln -s ../../../../../../etc /tmp/out; ln -s /proc/1/root /tmp/self');
		await writeFile(at('planted'), 'planted\n');
		await world.holm('cp', at('planted'), 'up:/tmp/out/planted');
		t.is(await world.holm('exec', 'up', 'cat', '/etc/planted'), 'planted');
		await t.throwsAsync(lstat('/etc/planted'));
		await world.holm('cp', 'up:/tmp/link', at('copied-link'));
		t.is(await readlink(at('copied-link')), '/etc/hostname');
	});

	world.test('cp: volumes of a stopped container', async t => {
		await mkdir(at('shared'));
		await world.holm('create', '--name', 'mounted', '-v', 'kept:/kept', '-v', `${at('shared')}:/shared`, 'box', 'cat', '/kept/note', '/shared/note');
		await world.holm('cp', at('note'), 'mounted:/kept/note');
		await world.holm('cp', at('note'), 'mounted:/shared/note');
		t.is(await readFile(path.join(at('shared'), 'note'), 'utf8'), 'a note\n');
		t.is(await world.holm('start', '-a', 'mounted'), 'a note\na note');
		await world.holm('cp', 'mounted:/kept/note', at('from-volume'));
		t.is(await readFile(at('from-volume'), 'utf8'), 'a note\n');
		await world.remove('mounted', 'up', 'down');
		await world.holm('volume', 'rm', 'kept');
		await rm(at('tree'), {recursive: true});
		const {containers, volumes, machines, mounts} = await world.traces();
		t.deepEqual({containers, volumes, machines, mounts}, {containers: [], volumes: [], machines: [], mounts: []});
	});
};
