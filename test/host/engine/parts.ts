import {
	access,
	chmod,
	mkdir,
	mkdtemp,
	readdir,
	rename,
	rm,
} from 'node:fs/promises';
import path from 'node:path';
import {defaultSize, openGuest} from '../../../source/host/guest.js';
import type {SetupStep} from '../../../source/host/kernel/guest-kernel.js';
import {withLock} from '../../../source/host/lock.js';
import {readStamp, writeStamp} from '../../../source/host/machines/template/stamp.js';
import {run} from '../../../source/host/run.js';
import {provideRequirements} from '../../../source/host/setup/setup-all.js';
import {pathsOf} from '../../../source/host/store/paths.js';
import {cacheOf} from '../../debian-packages.js';

/** As the root of an engine has them. */
const kept = pathsOf(cacheOf('parts'));

const lock = cacheOf('parts.lock');

const copy = async (from: string, to: string) => run('cp', ['--archive', '--sparse=always', '--reflink=auto', from, to]);

/** Gives a new engine copies of the parts, where they have been prepared. An engine that cannot use them makes its own. */
export const layParts = async (root: string): Promise<void> => withLock(lock, async () => {
	try {
		await access(kept.templates);
	} catch {
		return;
	}

	const target = pathsOf(root);
	await mkdir(root, {recursive: true, mode: 0o711});
	for (const part of ['guest', 'key', 'accelerator', 'templates'] as const) {
		await copy(kept[part], target[part]);
	}

	// A stamp holds for one file of memory, and names the initramfs of its engine.
	for (const name of await readdir(target.templates)) {
		if (!name.startsWith('lock-')) {
			const template = path.join(target.templates, name);
			const {initramfs, hostKey} = await readStamp(template);
			await writeStamp(template, {initramfs: path.join(target.guest, path.basename(initramfs)), hostKey});
		}
	}
});

/** Installs what an engine needs of this host and makes, as far as they are not there, the parts that engines of tests begin with: kernel, initramfs, key, and the template of machines of the default size. They take an engine half a minute beside other tests. */
export const prepareParts = async (onStep: (step: SetupStep) => void): Promise<void> => {
	// Machines run as users of their own, who may not pass the cache.
	const directory = await mkdtemp('/tmp/hp-');
	try {
		await chmod(directory, 0o755);
		const root = path.join(directory, 'e');
		await layParts(root);
		await mkdir(root, {recursive: true});
		await provideRequirements(root, onStep);
		const guest = await openGuest(pathsOf(root), onStep);
		await guest.template(defaultSize);
		await withLock(lock, async () => {
			// What is kept is whole, whenever this process is killed.
			const fresh = `${kept.root}.new`;
			await rm(fresh, {recursive: true, force: true});
			await copy(root, fresh);
			await rm(kept.root, {recursive: true, force: true});
			await rename(fresh, kept.root);
		});
	} finally {
		await rm(directory, {recursive: true, force: true});
	}
};
