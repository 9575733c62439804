import {
	chmod,
	chown,
	mkdir,
	readFile,
	rename,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {buffer} from 'node:stream/consumers';
import {newId} from '../containers/id.js';
import {listFormat, parseList, type FileList} from '../containers/file-list.js';
import {defaultSize, machineUidOf} from '../guest.js';
import {createOverlay} from '../images/overlay.js';
import {quote} from '../../text/escape.js';
import {clearMachine, startMachine} from '../machines/machine.js';
import {onPlainDisk, openOutput} from './files.js';
import type {Context} from './context.js';

/** Lists the files of a disk in its guest. Files that appear or vanish meanwhile are not an error. */
export const listCommand = onPlainDisk(`exec find.gnu . -xdev -ignore_readdir_race -mindepth 1 -printf ${quote(listFormat)}`);

/** Lists the files of a base disk in a VM of its own: only two listings from a guest can be compared. */
const listDisk = async (context: Context, disk: string): Promise<Uint8Array> => {
	const {guest, namespace, paths} = context;
	const id = newId();
	const {machine: directory} = paths.container(id);
	const uid = machineUidOf(id);
	const overlay = path.join(directory, 'disk.qcow2');
	try {
		await mkdir(directory, {mode: 0o711});
		await chmod(directory, 0o711);
		await createOverlay(disk, overlay);
		await chown(overlay, uid, guest.gid);
		const machine = await startMachine({
			name: 'holm-list',
			directory,
			template: await guest.template(defaultSize),
			program: guest.program,
			uid,
			gid: guest.gid,
			network: namespace.path,
			disk: overlay,
			devices: [],
			shares: [],
			message: {hostname: 'holm', files: {}},
			privateKey: guest.key.privateKey,
		});
		await machine.started;
		const list = await buffer(await openOutput(machine.agent, listCommand, 'the list of an image\'s files'));
		await machine.kill();
		return list;
	} finally {
		await clearMachine(directory);
	}
};

/** The files of an image as its containers see them. Listed at first use and stored beside the base disk. */
export const createBaseFiles = (context: Context): ((imageId: string) => Promise<FileList>) => {
	const listing = new Map<string, Promise<FileList>>();

	const read = async (imageId: string): Promise<FileList> => {
		const file = context.disks.listing(imageId);
		try {
			return parseList(await readFile(file));
		} catch {
			const {path: disk} = await context.disks.base(await context.images.get(imageId));
			const list = await listDisk(context, disk);
			await writeFile(`${file}.partial`, list, {mode: 0o600});
			await rename(`${file}.partial`, file);
			return parseList(list);
		}
	};

	return async imageId => {
		const current = listing.get(imageId);
		if (current) {
			return current;
		}

		const reading = read(imageId);
		listing.set(imageId, reading);
		try {
			return await reading;
		} finally {
			listing.delete(imageId);
		}
	};
};
