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
import type {BuilderConfiguration} from '../../../source/engine/builder.js';
import {builderBase} from '../../../source/host/builder/base.js';
import {defaultSize, openGuest} from '../../../source/host/guest.js';
import type {SetupStep} from '../../../source/host/kernel/guest-kernel.js';
import {withLock} from '../../../source/host/lock.js';
import {readStamp, writeStamp} from '../../../source/host/machines/template/stamp.js';
import {run} from '../../../source/host/run.js';
import {provideRequirements} from '../../../source/host/setup/setup-all.js';
import {pathsOf} from '../../../source/host/store/paths.js';
import {writeRecord} from '../../../source/host/store/records.js';
import {cacheOf} from '../../debian-packages.js';

/** Capacity of the disk of builders in tests: small enough to be filled. */
export const testBuilderBytes = 4 * 1024 ** 3;

/** The cached parts, laid out as below the root of an engine. */
const kept = pathsOf(cacheOf('parts'));

const lock = cacheOf('parts.lock');

const copy = async (from: string, to: string) => run('cp', ['--archive', '--sparse=always', '--reflink=auto', from, to]);

/** Copies the cached parts for a new engine, if there are any. An engine that cannot use them makes its own. */
export const layParts = async (
	root: string,
	{withBuilder = false}: {readonly withBuilder?: boolean} = {},
): Promise<void> => withLock(lock, async () => {
	try {
		await access(kept.templates);
	} catch {
		return;
	}

	const target = pathsOf(root);
	await mkdir(root, {recursive: true, mode: 0o711});
	for (const part of ['guest', 'key', 'accelerator', 'templates', ...withBuilder ? ['builderDisks' as const] : []] as const) {
		// Earlier versions cached no disk of a builder.
		await copy(kept[part], target[part]).catch((error: unknown) => {
			if (part !== 'builderDisks') {
				throw error;
			}
		});
	}

	if (withBuilder) {
		// A first start takes more of a processor than hours of an idle one.
		const builder: BuilderConfiguration = {
			cpus: 1, memoryBytes: 1024 ** 3, diskBytes: testBuilderBytes, keepSeconds: 120,
		};
		await writeRecord(target.builder, builder);
	}

	// A stamp belongs to one memory file and names the initramfs of its engine.
	for (const name of await readdir(target.templates)) {
		if (!name.startsWith('lock-')) {
			const template = path.join(target.templates, name);
			const {initramfs, hostKey} = await readStamp(template);
			await writeStamp(template, {initramfs: path.join(target.guest, path.basename(initramfs)), hostKey});
		}
	}
});

/** Installs what an engine needs on this host, and caches the parts that test engines start with: kernel, initramfs, key, and the template of the default size. Making them takes an engine half a minute beside other tests. */
export const prepareParts = async (onStep: (step: SetupStep) => void): Promise<void> => {
	// Each VM runs as its own user, which may not be able to traverse the cache.
	const directory = await mkdtemp('/tmp/hp-');
	try {
		await chmod(directory, 0o755);
		const root = path.join(directory, 'e');
		await layParts(root, {withBuilder: true});
		await mkdir(root, {recursive: true});
		await provideRequirements(root, onStep);
		const guest = await openGuest(pathsOf(root), onStep);
		await guest.template(defaultSize);
		await builderBase(pathsOf(root), {diskBytes: testBuilderBytes, gid: guest.gid, onStep});
		await withLock(lock, async () => {
			// The cache stays complete even if this process is killed.
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
