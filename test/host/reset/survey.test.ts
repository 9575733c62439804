import {
	chown,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {surveyLines} from '../../../source/commands/system/reset.js';
import {resetEngine} from '../../../source/host/reset/reset.js';
import {surveyEngine} from '../../../source/host/reset/survey.js';
import {run} from '../../../source/host/run.js';
import {pathsOf} from '../../../source/host/store/paths.js';

const asRoot = process.getuid?.() === 0 ? test : test.skip;

const id = 'a'.repeat(64);

/** The directory of an engine whose daemon has ended. */
const makeEngine = async (t: ExecutionContext): Promise<string> => {
	const scratch = await mkdtemp('/tmp/holm-reset-');
	t.teardown(async () => rm(scratch, {recursive: true}));
	const root = path.join(scratch, 'e');
	const paths = pathsOf(root);
	for (const directory of [paths.container(id).directory, paths.container(id).machine, paths.networks, path.join(paths.volume('data'), '_data'), paths.images, paths.workers]) {
		await mkdir(directory, {recursive: true});
	}

	for (const file of [paths.identity, paths.container(id).record, path.join(paths.networks, 'n.json'), path.join(paths.volume('data'), 'record.json'), path.join(paths.volume('data'), '_data/db'), `${paths.accelerator}.new`]) {
		await writeFile(file, 'x');
	}

	await mkdir(path.join(scratch, 'elsewhere'));
	await writeFile(path.join(scratch, 'elsewhere/precious'), 'kept');
	return root;
};

const resetQuietly = async (root: string) => resetEngine({root, tell: () => undefined, shutDown: async () => undefined});

const everythingIn = async (root: string) => (await readdir(root, {recursive: true})).toSorted();

asRoot('an engine is surveyed and removed completely, and a link in a volume is not followed', async t => {
	const root = await makeEngine(t);
	await symlink('../../../../elsewhere', path.join(pathsOf(root).volume('data'), '_data/link'));
	const survey = await surveyEngine(root);
	t.like(survey, {containers: 1, networks: 1, volumes: ['data']});
	t.regex(surveyLines(survey!).join('\n'), /^1 container \(.*B\)\n1 volume \(.*B\): data\n/v);
	t.true((await resetQuietly(root)).isGone);
	await t.throwsAsync(readdir(root), {code: 'ENOENT'});
	t.is(await readFile(path.join(root, '../elsewhere/precious'), 'utf8'), 'kept');
	t.is(await surveyEngine(root), undefined);
});

asRoot('nothing is removed where something is not the engine\'s', async t => {
	const foreign: ReadonlyArray<readonly [named: string, add: (root: string) => Promise<void>]> = [
		['notes.txt', async root => writeFile(path.join(root, 'notes.txt'), '')],
		['volumes.bak', async root => mkdir(path.join(root, 'volumes.bak'))],
		['volumes/dump.sql', async root => writeFile(path.join(root, 'volumes/dump.sql'), '')],
		['volumes/data/backup', async root => mkdir(path.join(root, 'volumes/data/backup'))],
		['containers/mine', async root => mkdir(path.join(root, 'containers/mine'))],
		['disks', async root => symlink('../elsewhere', path.join(root, 'disks'))],
	];
	for (const [named, add] of foreign) {
		const root = await makeEngine(t);
		await add(root);
		const before = await everythingIn(root);
		const error = await t.throwsAsync(resetQuietly(root), {code: 'conflict'});
		t.true(error.message.startsWith(`${path.join(root, named)} `), error.message);
		t.deepEqual(await everythingIn(root), before);
	}

	const root = await makeEngine(t);
	await chown(root, 1000, 1000);
	await t.throwsAsync(surveyEngine(root), {code: 'conflict', message: /belongs to user 1000/v});
});

asRoot('what is mounted in an engine\'s directory is not removed', async t => {
	const root = await makeEngine(t);
	const volume = path.join(pathsOf(root).volume('data'), '_data');
	await run('mount', ['--bind', path.join(root, '../elsewhere'), volume]);
	try {
		await t.throwsAsync(resetQuietly(root), {code: 'conflict', message: /mounted at .*_data/v});
		t.is(await readFile(path.join(volume, 'precious'), 'utf8'), 'kept');
	} finally {
		await run('umount', [volume]);
	}

	const share = path.join(pathsOf(root).container(id).machine, 'shares/0');
	await mkdir(share, {recursive: true});
	await run('mount', ['--bind', path.join(root, '../elsewhere'), share]);
	try {
		t.true((await resetQuietly(root)).isGone, 'a machine\'s share is the engine\'s mount, and what is behind it is not');
		t.is(await readFile(path.join(root, '../elsewhere/precious'), 'utf8'), 'kept');
	} finally {
		await run('umount', [share], {accept: [0, 1, 32]});
	}
});

asRoot('a reset is refused while a daemon holds the lock', async t => {
	const root = await makeEngine(t);
	const {daemonLock} = pathsOf(root);
	const before = await everythingIn(root);
	const {withLock} = await import('../../../source/host/lock.js');
	await withLock(daemonLock, async () => {
		await t.throwsAsync(resetQuietly(root), {code: 'conflict', message: /holds .*daemon\.lock/v});
	});
	t.deepEqual(await everythingIn(root), [...before, 'daemon.lock'].toSorted());
});
