import {open, readdir, stat} from 'node:fs/promises';
import {run} from '../run.js';

/** With a journal, because a machine can end at any time; a small one. No blocks are reserved for root, because most containers run as root. */
const formatArguments = ['-q', '-F', '-t', 'ext4', '-m', '0', '-J', 'size=32', '-E', 'lazy_itable_init=1,lazy_journal_init=1,nodiscard'];

/** `mke2fs -d` does not copy owner and mode of the root directory, and creates a `lost+found` that no image has. */
const correctRoot = async (file: string, source: string): Promise<void> => {
	const {mode, uid, gid} = await stat(source);
	// Containers/storage always uses 0555. Docker uses 0755, which matters for a root user without capabilities.
	const permissions = mode % 0o1_0000 === 0o555 ? 0o755 : mode % 0o1_0000;
	const names = await readdir(source);
	const commands = [
		...(names.includes('lost+found') ? [] : ['rmdir /lost+found']),
		`set_inode_field <2> mode 04${permissions.toString(8).padStart(4, '0')}`,
		`set_inode_field <2> uid ${uid}`,
		`set_inode_field <2> gid ${gid}`,
	];
	await run('debugfs', ['-w', '-f', '-', file], {input: `${commands.join('\n')}\n`});
};

/** Writes a file's content to the disk. */
export const synchronise = async (file: string): Promise<void> => {
	const handle = await open(file, 'r');
	try {
		await handle.datasync();
	} finally {
		await handle.close();
	}
};

/** Makes an ext4 file system of `bytes` with the content of a directory in a raw image. Its name is kept after a power cut only once it is written, see `synchronise`. */
export const formatDisk = async (file: string, directory: string, bytes: number): Promise<void> => {
	await run('mke2fs', [...formatArguments, '-d', directory, file, `${bytes / 1024}k`]);
	await correctRoot(file, directory);
};
