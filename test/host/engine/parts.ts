import {
	access,
	chmod,
	mkdir,
	mkdtemp,
	readdir,
	rename,
	rm,
	stat,
} from 'node:fs/promises';
import path from 'node:path';
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

// A first start takes more of a processor than hours of an idle one.
const builderSize = {cpus: 1, memoryBytes: 1024 ** 3};

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
	await mkdir(target.templates, {recursive: true, mode: 0o711});
	const parts = ['guest', 'key', 'accelerator'] as const;
	for (const part of withBuilder ? [...parts, 'builderDisks'] as const : parts) {
		// Earlier versions cached no disk of a builder.
		await copy(kept[part], target[part]).catch((error: unknown) => {
			if (part !== 'builderDisks') {
				throw error;
			}
		});
	}

	if (withBuilder) {
		await writeRecord(target.builder, {...builderSize, diskBytes: testBuilderBytes, keepSeconds: 120});
	}

	for (const name of await readdir(kept.templates)) {
		const isTemplate = !name.startsWith('lock-');
		const from = path.join(kept.templates, name);
		if (isTemplate && !withBuilder && (await stat(path.join(from, 'ram'))).size >= builderSize.memoryBytes) {
			continue;
		}

		const template = path.join(target.templates, name);
		await copy(from, template);
		if (isTemplate) {
			// A stamp belongs to one memory file and names the initramfs of its engine.
			const {initramfs, hostKey} = await readStamp(template);
			await writeStamp(template, {initramfs: path.join(target.guest, path.basename(initramfs)), hostKey});
		}
	}
});

/** Installs what an engine needs on this host, and caches the parts that test engines start with: kernel, initramfs, key, and the templates of machines of the default size and of builders. Making them takes an engine half a minute beside other tests. */
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
		const made = new Set<string>();
		for (const size of [defaultSize, builderSize]) {
			const {directory: template} = await guest.template(size);
			made.add(path.basename(template));
		}

		const {templates} = pathsOf(root);
		for (const name of await readdir(templates)) {
			// Those of an earlier version of the guest.
			if (!name.startsWith('lock-') && !made.has(name)) {
				await rm(path.join(templates, name), {recursive: true});
			}
		}

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
