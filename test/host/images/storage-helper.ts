import {execFileSync} from 'node:child_process';
import {accessSync, constants} from 'node:fs';
import {
	copyFile,
	mkdir,
	mkdtemp,
	readFile,
	rm,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext, type Implementation} from 'ava';
import {openImageStore, type ImageStore} from '../../../source/host/images/storage.js';
import {pathsOf, type Paths} from '../../../source/host/store/paths.js';
import {tagName} from '../../../source/rules/images/reference.js';
import type {Progress} from '../../../source/engine/resources.js';

const isInstalled = (program: string): boolean =>
	['/usr/bin', '/bin', '/usr/sbin', '/sbin'].some(directory => {
		try {
			accessSync(path.join(directory, program), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});

/** A test that needs root and programs of the host. Without them it is skipped, with the reason in its title. */
export const hostTest = (title: string, programs: readonly string[], implementation: Implementation<[]>): void => {
	const missing = programs.filter(program => !isInstalled(program));
	if (process.getuid?.() !== 0) {
		test.skip(`${title} (needs root)`, implementation);
	} else if (missing.length > 0) {
		test.skip(`${title} (needs ${missing.join(', ')})`, implementation);
	} else {
		test(title, implementation);
	}
};

/** A temporary directory, which is unmounted and removed after the test. */
export const directoryFor = async (t: ExecutionContext): Promise<string> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-images-'));
	t.teardown(async () => {
		for (const mount of mountsBelow(directory).toReversed()) {
			execFileSync('umount', ['--lazy', mount]);
		}

		await rm(directory, {recursive: true, force: true});
	});
	return directory;
};

/** The mount points at or below a directory, in the order of mounting. */
export const mountsBelow = (directory: string): readonly string[] =>
	execFileSync('findmnt', ['--list', '--noheadings', '--output', 'TARGET'], {encoding: 'utf8'})
		.split('\n')
		.filter(target => target === directory || target.startsWith(`${directory}/`));

type TestStore = {readonly paths: Paths; readonly store: ImageStore; readonly directory: string};

export const storeFor = async (t: ExecutionContext): Promise<TestStore> => {
	const directory = await directoryFor(t);
	const paths = pathsOf(path.join(directory, 'engine'));
	return {paths, store: await openImageStore(paths), directory};
};

export const contextFor = async (directory: string, name: string, files: Readonly<Record<string, string>>): Promise<string> => {
	const context = path.join(directory, name);
	await mkdir(context, {recursive: true});
	await copyFile('/bin/busybox', path.join(context, 'busybox'));
	for (const [file, text] of Object.entries(files)) {
		await mkdir(path.dirname(path.join(context, file)), {recursive: true});
		await writeFile(path.join(context, file), text);
	}

	return context;
};

export const collect = async (steps: AsyncIterable<Progress>): Promise<readonly Progress[]> => Array.fromAsync(steps);

type Recipe = {readonly tags?: readonly string[]; readonly labels?: Readonly<Record<string, string>>};

/** Builds a small image of files, without executing anything, and resolves with its id. */
export const buildImage = async (
	{buildah}: ImageStore,
	context: string,
	{tags = [], labels = {}}: Recipe = {},
): Promise<string> => buildah.inScratch(async work => {
	const file = path.join(work, 'id');
	await buildah.run([
		'build', ...buildah.policyArguments, '--quiet', '--format', 'docker', '--layers', '--isolation', 'chroot', '--network', 'host', '--pull=never', '--identity-label=false', '--iidfile', file,
		...tags.flatMap(tag => ['--tag', tagName(tag)]),
		...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
		context,
	]);
	return (await readFile(file, 'utf8')).trim();
});
