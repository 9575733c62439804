import {
	chmod,
	chown,
	mkdir,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type {Image} from '../../engine/resources.js';
import {orMissing} from '../store/missing.js';
import type {Paths} from '../store/paths.js';
import type {Buildah} from './buildah.js';
import {fullDisk} from './disk-error.js';
import {formatDisk, synchronise} from './format-disk.js';
import {readTextWithin} from './within-root.js';
import {withWorkingContainer} from './working-container.js';

export type BaseDisk = {
	/** Path of a raw image with an ext4 file system. */
	readonly path: string;
	/** Contents of the image's `/etc/passwd` and `/etc/group`, at most 1 MiB each, empty if missing. */
	readonly accounts: {readonly passwd: string; readonly group: string};
};

export type Disks = {
	/** The base disk of an image, made on first use. Concurrent callers share one run. Throws `unavailable` if the host's disk is full. */
	readonly base: (image: Image) => Promise<BaseDisk>;
	/** File for the list of files on an image's base disk. It is removed together with the disk. */
	readonly listing: (imageId: string) => string;
	/** Removes the base disk of an image, if there is one. */
	readonly remove: (imageId: string) => Promise<void>;
	/** Ids of the images that have a base disk. */
	readonly list: () => Promise<readonly string[]>;
	/** Bytes that all base disks use on the host. */
	readonly usedBytes: () => Promise<number>;
};

const gibibyte = 1024 ** 3;
const maximumAccountBytes = 1024 * 1024;

/** Smallest capacity of a container's disk. Unused blocks take no space on the host. */
const minimumDiskBytes = 16 * gibibyte;

/** Capacity of an image's disk in bytes: twice the image's size, rounded up to whole GiB, so that a large image fits with the metadata of its file system. */
export const diskCapacityOf = ({sizeBytes}: Pick<Image, 'sizeBytes'>): number =>
	Math.max(minimumDiskBytes, Math.ceil(sizeBytes * 2 / gibibyte) * gibibyte);

/** Mounts an image, calls `use` with the directory, and unmounts it. */
export const withImageMounted = async <Result>(
	buildah: Buildah,
	imageId: string,
	use: (directory: string) => Promise<Result>,
): Promise<Result> => withWorkingContainer(buildah, imageId, async name => {
	const directory = await buildah.run(['mount', name]);
	return use(directory.trim());
});

const partial = '.partial';

const parseAccounts = (text: string): BaseDisk['accounts'] | undefined => {
	try {
		return JSON.parse(text) as BaseDisk['accounts'];
	} catch {
		return undefined;
	}
};

/** Saves the accounts of a mounted image to a file. */
const saveAccounts = async (directory: string, file: string): Promise<BaseDisk['accounts']> => {
	const accounts = {
		passwd: await readTextWithin(directory, '/etc/passwd', maximumAccountBytes),
		group: await readTextWithin(directory, '/etc/group', maximumAccountBytes),
	};
	const unfinished = file + partial;
	try {
		await writeFile(unfinished, JSON.stringify(accounts), {mode: 0o600});
		await synchronise(unfinished);
		await rename(unfinished, file);
		return accounts;
	} catch (error) {
		await rm(unfinished, {force: true});
		throw error;
	}
};

/** Opens the base disks of an engine and removes unfinished ones that a crash left. The machines' group `gid` may read the disks. */
export const openDisks = async (paths: Paths, buildah: Buildah, gid: number): Promise<Disks> => {
	await mkdir(paths.disks, {recursive: true, mode: 0o711});
	// Search permission only: a machine opens the base disk that it was given by name.
	await chmod(paths.disks, 0o711);
	for (const name of await readdir(paths.disks)) {
		const file = path.join(paths.disks, name);
		if (name.endsWith(partial)) {
			await rm(file, {force: true});
		} else if (name.endsWith('.ext4') && (await stat(file)).gid !== gid) {
			// In earlier versions machines ran in the group of the accelerator's device, which changes when virtualisation is enabled.
			await chown(file, 0, gid);
		}
	}

	const making = new Map<string, Promise<BaseDisk>>();
	const filesOf = (imageId: string) => {
		const stem = path.join(paths.disks, imageId.replace(/^sha256:/v, ''));
		return {disk: `${stem}.ext4`, accounts: `${stem}.json`, listing: `${stem}.files`};
	};

	const existing = async (imageId: string): Promise<BaseDisk | undefined> => {
		const files = filesOf(imageId);
		if (!await orMissing(stat(files.disk))) {
			return undefined;
		}

		const text = await orMissing(readFile(files.accounts, 'utf8'));
		const accounts = text === undefined ? undefined : parseAccounts(text);
		if (accounts) {
			return {path: files.disk, accounts};
		}

		// The disk must not be made again, because the containers' disks are overlays on it.
		const saved = await withImageMounted(buildah, imageId, async directory => saveAccounts(directory, files.accounts));
		return {path: files.disk, accounts: saved};
	};

	const make = async (image: Image): Promise<BaseDisk> => {
		const files = filesOf(image.id);
		const unfinished = files.disk + partial;
		try {
			return await withImageMounted(buildah, image.id, async directory => {
				const accounts = await saveAccounts(directory, files.accounts);
				await formatDisk(unfinished, directory, diskCapacityOf(image));
				await chown(unfinished, 0, gid);
				await chmod(unfinished, 0o640);
				await synchronise(unfinished);
				await rename(unfinished, files.disk);
				return {path: files.disk, accounts};
			});
		} catch (error) {
			await rm(unfinished, {force: true});
			await rm(files.accounts, {force: true});
			throw fullDisk(`Cannot make the disk of image ${image.id.slice('sha256:'.length, 'sha256:'.length + 12)}`, error);
		}
	};

	const list = async () => {
		const names = await readdir(paths.disks);
		return names.filter(name => name.endsWith('.ext4')).map(name => `sha256:${path.basename(name, '.ext4')}`);
	};

	return {
		async base(image) {
			const begun = making.get(image.id);
			if (begun) {
				return begun;
			}

			const disk = (async () => await existing(image.id) ?? make(image))();
			making.set(image.id, disk);
			try {
				return await disk;
			} finally {
				making.delete(image.id);
			}
		},
		listing: imageId => filesOf(imageId).listing,
		async remove(imageId) {
			await making.get(imageId)?.catch(() => undefined);
			const files = filesOf(imageId);
			await rm(files.disk, {force: true});
			await rm(files.accounts, {force: true});
			await rm(files.listing, {force: true});
		},
		list,
		async usedBytes() {
			const ids = await list();
			const files = await Promise.all(ids.map(async id => stat(filesOf(id).disk).catch(() => undefined)));
			return files.reduce((sum, file) => sum + ((file?.blocks ?? 0) * 512), 0);
		},
	};
};
