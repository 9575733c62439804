import {
	chmod,
	chown,
	mkdir,
	mkdtemp,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {assertOnlyRootWrites, parseGroups, writersOf} from '../../../source/host/service/trust.js';

const statusOf = (mode: number, {uid = 0, gid = 0, isDirectory = false} = {}) => ({
	uid, gid, mode, isDirectory: () => isDirectory,
});

test('a group counts when a user other than root is in it', t => {
	const groups = parseGroups('root:x:0:\nstaff:x:50:\nwheel:x:10:root\ndev:x:60:root,ada\n', 'root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n');
	t.deepEqual([...groups].toSorted((a, b) => a - b), [60, 1000]);
});

test('users other than root that may write', t => {
	const populated = new Set([60]);
	t.is(writersOf(statusOf(0o755), populated), undefined);
	t.regex(writersOf(statusOf(0o755, {uid: 1000}), populated)!, /user 1000 owns/v);
	t.regex(writersOf(statusOf(0o777), populated)!, /every user/v);
	t.is(writersOf(statusOf(0o1777, {isDirectory: true}), populated), undefined, 'what is root\'s in a sticky directory stays root\'s');
	t.regex(writersOf(statusOf(0o1777), populated)!, /every user/v, 'a file is not protected by that bit');
	t.is(writersOf(statusOf(0o775, {gid: 50}), populated), undefined, 'a group without members');
	t.regex(writersOf(statusOf(0o775, {gid: 60}), populated)!, /group 60/v);
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

const inDirectory = async (t: ExecutionContext, work: (directory: string) => Promise<void>) => {
	const directory = await mkdtemp('/tmp/holm-trust-');
	t.teardown(async () => rm(directory, {recursive: true}));
	await mkdir(path.join(directory, 'package/dist'), {recursive: true});
	await writeFile(path.join(directory, 'package/dist/cli.js'), '');
	await work(directory);
};

asRoot('code that only root writes is trusted', async t => {
	await inDirectory(t, async directory => {
		await symlink('cli.js', path.join(directory, 'package/dist/link'));
		await symlink('nowhere', path.join(directory, 'package/dist/broken'));
		await t.notThrowsAsync(assertOnlyRootWrites([path.join(directory, 'package')]));
	});
});

asRoot('code that another user could change is refused, wherever that is', async t => {
	const refusals: ReadonlyArray<readonly [named: string, spoil: (directory: string) => Promise<void>]> = [
		['package/dist/cli.js', async directory => chown(path.join(directory, 'package/dist/cli.js'), 1000, 0)],
		['package/dist', async directory => chmod(path.join(directory, 'package/dist'), 0o777)],
		['', async directory => chown(directory, 1000, 0)],
		['elsewhere', async directory => {
			await mkdir(path.join(directory, 'elsewhere'), {mode: 0o755});
			await chown(path.join(directory, 'elsewhere'), 1000, 1000);
			await symlink('../elsewhere', path.join(directory, 'package/node_modules'));
		}],
	];
	for (const [named, spoil] of refusals) {
		await inDirectory(t, async directory => {
			await spoil(directory);
			const error = await t.throwsAsync(assertOnlyRootWrites([path.join(directory, 'package')]), {code: 'forbidden'});
			t.true(error.message.includes(`and ${path.join(directory, named)} is not root's alone`), error.message);
		});
	}
});
