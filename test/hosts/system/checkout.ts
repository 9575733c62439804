import {
	access,
	copyFile,
	mkdir,
	realpath,
	rm,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {HolmError} from '../../../source/engine/errors.js';
import {findCommand} from '../../../source/host/setup/programs.js';
import {run} from '../../../source/host/run.js';

/** This checkout, as it was built. */
export const checkout = fileURLToPath(new URL('../../../../', import.meta.url));

const copy = async (source: string, target: string) => run('cp', ['--archive', '--reflink=auto', source, target]);

/** The newest commit whose program differs from this one's, built beside it, so that a system can be upgraded. */
const addBefore = async (directory: string): Promise<void> => {
	const before = path.join(directory, 'before');
	await mkdir(before);
	const archive = path.join(directory, 'before.tar');
	const {stdout} = await run('git', ['log', '--format=%H', '--max-count=2', '--', 'source', 'cli.tsx'], {cwd: checkout});
	const isChanged = (await run('git', ['diff', '--quiet', 'HEAD', '--', 'source', 'cli.tsx'], {cwd: checkout, accept: [0, 1]})).exitCode === 1;
	// Without changes, the newest commit is this program.
	const commit = stdout.split('\n')[isChanged ? 0 : 1]!;
	await run('git', ['archive', '--output', archive, commit], {cwd: checkout});
	await run('tar', ['-xf', archive, '-C', before]);
	await rm(archive);
	await run(process.execPath, [path.join(checkout, 'node_modules/typescript/bin/tsc')], {cwd: before});
};

/**
Makes the disk of a label `checkout`: this checkout in `now`, built, the program before it in `before`, the npm packages of both where Node looks for them, and Node and npm themselves, with npm's cache, as a user's host has them.
*/
export const makeCheckoutDisk = async (directory: string, disk: string): Promise<void> => {
	const root = path.join(directory, 'checkout');
	const now = path.join(root, 'now');
	await mkdir(now, {recursive: true});
	try {
		await copy(path.join(checkout, 'node_modules'), path.join(root, 'node_modules'));
		const {stdout} = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {cwd: checkout});
		const files = path.join(root, 'files');
		await run('tar', ['--null', '--files-from=-', '--ignore-failed-read', '-cf', files], {cwd: checkout, input: stdout});
		await run('tar', ['-xf', files, '-C', now]);
		await rm(files);
		await copy(path.join(checkout, 'dist'), path.join(now, 'dist'));
		await addBefore(root);
		const npm = await findCommand('npm');
		if (npm === undefined) {
			throw new HolmError('unavailable', 'npm is not installed', {remedy: 'install npm'});
		}

		await copy(path.dirname(path.dirname(await realpath(npm))), path.join(root, 'npm'));
		const {stdout: cache} = await run(npm, ['config', 'get', 'cache']);
		await access(path.join(cache.trim(), '_cacache'));
		await mkdir(path.join(root, '_cacache'));
		// Not what npm writes at this moment.
		for (const name of ['content-v2', 'index-v5']) {
			await copy(path.join(cache.trim(), '_cacache', name), path.join(root, '_cacache', name));
		}

		await mkdir(path.join(root, 'bin'));
		await copyFile(process.execPath, path.join(root, 'bin/node'));
		await run('chown', ['--recursive', '--no-dereference', '0:0', root]);
		await run('mke2fs', ['-q', '-t', 'ext4', '-L', 'checkout', '-E', 'lazy_itable_init=1,lazy_journal_init=1,nodiscard', '-d', root, disk, '8G']);
	} finally {
		await rm(root, {recursive: true, force: true});
	}
};
