import {
	chmod,
	chown,
	mkdir,
	mkdtemp,
	readdir,
	rm,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {makeDirectories} from '../../source/host/make-directories.js';

const isRoot = process.getuid?.() === 0;

(isRoot ? test : test.skip)('directories are made, through links only where root alone writes', async t => {
	const directory = await mkdtemp('/tmp/hd-');
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	await chmod(directory, 0o755);
	const at = (name: string) => path.join(directory, name);
	await makeDirectories(at('a/b/c'));
	const {uid, mode} = await stat(at('a/b'));
	t.deepEqual([uid, mode & 0o7777], [0, 0o755]);
	await makeDirectories(at('a/b/c'));
	await mkdir(at('real'));
	await symlink('real', at('link'));
	await symlink(at('dangling-target/x'), at('dangling'));
	await makeDirectories(at('link/../link/inside'));
	await makeDirectories(at('dangling/y'));
	t.deepEqual(await readdir(at('real')), ['inside']);
	t.true((await stat(at('dangling-target/x/y'))).isDirectory());

	await mkdir(at('open'));
	await chmod(at('open'), 0o1777);
	await mkdir(at('theirs'));
	await chown(at('theirs'), 1234, 1234);
	for (const name of ['open', 'theirs']) {
		await symlink(at('real'), at(`${name}/link`));
		await t.throwsAsync(makeDirectories(at(`${name}/link/new`)), {message: /"link" is a link that another user can change/v});
		await makeDirectories(at(`${name}/new/below`));
	}

	t.deepEqual(await readdir(at('real')), ['inside']);
	await writeFile(at('file'), '');
	await t.throwsAsync(makeDirectories(at('file/x')), {message: /not a directory/v});
	await symlink('loop', at('loop'));
	await t.throwsAsync(makeDirectories(at('loop/x')), {message: /symbolic links/v});
});
