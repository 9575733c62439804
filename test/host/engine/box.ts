import {execFileSync} from 'node:child_process';
import {
	copyFile,
	mkdir,
	symlink,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type {World} from './world.js';

const busybox = '/bin/busybox';

/** Files of the image: a user, a group, and files that the tests look for. */
const files: Readonly<Record<string, string>> = {
	'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000:Ada:/home/ada:/bin/sh\n',
	'etc/group': 'root:x:0:\nada:x:1000:\nstaff:x:50:ada\n',
	'data/seed/first': 'from the image\n',
	'not-executable': 'text\n',
};

/** The configuration of the image. */
export const boxChanges = ['ENV PATH=/bin GREETING=image', 'LABEL made.by=test', 'EXPOSE 80', 'CMD ["sh"]'];

/** Copies a program of the host with its libraries. */
const addProgram = async (rootfs: string, program: string) => {
	const file = execFileSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program], {encoding: 'utf8'}).trim();
	const listed = execFileSync('ldd', [file], {encoding: 'utf8'});
	const libraries = [...listed.matchAll(/(?:=> |^\s)(?<library>\/\S+) \(/gmv)].map(({groups}) => groups!.library!);
	await copyFile(file, path.join(rootfs, 'bin', program));
	for (const library of libraries) {
		await mkdir(path.join(rootfs, path.dirname(library)), {recursive: true});
		await copyFile(library, path.join(rootfs, library));
	}
};

/** Makes the file system of the image, which needs no registry: the host's static busybox and further programs of the host. Resolves with the path of its tar. */
export const packBox = async (directory: string, programs: readonly string[] = []): Promise<string> => {
	const root = path.join(directory, 'box');
	const rootfs = path.join(root, 'rootfs');
	for (const made of ['bin', 'etc', 'tmp', 'root', 'home/ada', 'data/seed']) {
		await mkdir(path.join(rootfs, made), {recursive: true});
	}

	await copyFile(busybox, path.join(rootfs, 'bin/busybox'));
	const applets = execFileSync(busybox, ['--list'], {encoding: 'utf8'}).split('\n').filter(name => name !== '' && name !== 'busybox');
	await Promise.all(applets.map(async name => symlink('busybox', path.join(rootfs, 'bin', name))));
	for (const program of programs) {
		await addProgram(rootfs, program);
	}

	for (const [name, text] of Object.entries(files)) {
		await writeFile(path.join(rootfs, name), text);
	}

	// A directory of another user.
	await mkdir(path.join(root, 'xyz'), {recursive: true});
	await writeFile(path.join(root, 'xyz/hello'), 'hello\n');
	await symlink('hello', path.join(root, 'xyz/link'));
	const tar = path.join(directory, 'box.tar');
	execFileSync('tar', ['--create', '--file', tar, '--owner=0', '--group=0', '--numeric-owner', '--directory', rootfs, '.']);
	execFileSync('tar', ['--append', '--file', tar, '--owner=1234', '--group=4321', '--numeric-owner', '--directory', root, './xyz']);
	return tar;
};

/** Imports the image `box`. */
export const importBox = async ({directory, run}: Pick<World, 'directory' | 'run'>, programs: readonly string[] = []): Promise<void> => {
	const tar = await packBox(directory, programs);
	const {status, stderr, stdout} = await run(['import', ...boxChanges.flatMap(change => ['--change', change]), tar, 'box'], {limitMs: 170_000});
	if (status !== 0) {
		throw new Error(`the image was not imported: ${stderr}${stdout}`);
	}
};
