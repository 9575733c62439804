import {execFileSync} from 'node:child_process';
import {mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {readTextWithin, resolveWithin} from '../../../source/host/images/within-root.js';
import {directoryFor} from './storage-helper.js';

test('links of an image lead to places of the image', async t => {
	const directory = await directoryFor(t);
	const root = path.join(directory, 'root');
	await mkdir(path.join(root, 'usr/etc'), {recursive: true});
	await writeFile(path.join(directory, 'passwd'), 'outside');
	await writeFile(path.join(root, 'usr/etc/passwd'), 'inside');
	await symlink('/usr/etc', path.join(root, 'etc'));
	await symlink('../../../../usr/etc/passwd', path.join(root, 'up'));
	await symlink('../passwd', path.join(root, 'out'));
	await symlink('loop', path.join(root, 'loop'));

	t.is(await resolveWithin(root, '/etc/passwd'), path.join(root, 'usr/etc/passwd'));
	t.is(await readTextWithin(root, '/etc/passwd', 100), 'inside');
	t.is(await readTextWithin(root, '/up', 100), 'inside');
	t.is(await readTextWithin(root, '/out', 100), '');
	t.is(await readTextWithin(root, '/loop', 100), '');
	t.is(await readTextWithin(root, '/../passwd', 100), '');
	t.is(await readTextWithin(root, '/etc/passwd', 3), 'ins');
});

test('only a regular file is read', async t => {
	const directory = await directoryFor(t);
	execFileSync('mkfifo', [path.join(directory, 'pipe')]);
	t.is(await readTextWithin(directory, '/pipe', 100), '');
	t.is(await readTextWithin(directory, '/', 100), '');
});
