import {
	mkdir,
	mkdtemp,
	readFile,
	readdir,
	rm,
	symlink,
	utimes,
	writeFile,
} from 'node:fs/promises';
import {availableParallelism, tmpdir, totalmem} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {importKernel, kernelVersion} from '../../source/host/kernel/custom-kernel.js';
import {programStamp} from '../../source/host/kernel/initramfs.js';
import {defaultSize, machineUidOf, sizeOf, validateSize} from '../../source/host/guest.js';
import {minimumMachineMemory} from '../../source/rules/containers/memory.js';
import {findCommand} from '../../source/host/setup/programs.js';
import {pathsOf} from '../../source/host/store/paths.js';
import {configuration} from '../engine/resources.js';

const obstacle = await findCommand('flock') ? '' : ' (needs flock)';

test('the machine of a container runs as a user that follows from its id', t => {
	t.is(machineUidOf('0'.repeat(64)), 1_900_000_000);
	t.is(machineUidOf(`000001${'f'.repeat(58)}`), 1_900_000_001);
	t.is(machineUidOf('f'.repeat(64)), 1_900_000_000 + 2 ** 24 - 1);
	t.true(machineUidOf('f'.repeat(64)) < 2 ** 31);
	for (const id of ['', 'abc', 'xyz123', '../../']) {
		t.throws(() => machineUidOf(id), {code: 'internal'});
	}
});

test('sizes that the host cannot give are refused, naming them and the limit', t => {
	const mebibyte = 1024 ** 2;
	t.notThrows(() => {
		validateSize(defaultSize);
		validateSize({cpus: availableParallelism(), memoryBytes: minimumMachineMemory});
		validateSize(sizeOf(configuration({memory: 6 * mebibyte})));
	});
	for (const [size, message] of [
		[{cpus: 1, memoryBytes: 64 * mebibyte}, /memory of 64 MiB .* at least/v],
		[{cpus: 1, memoryBytes: -1}, /too little/v],
		[{cpus: 1, memoryBytes: NaN}, /too little/v],
		[{cpus: 1, memoryBytes: totalmem() * 2}, /more than the \d+ MiB of this host/v],
		[{cpus: 1, memoryBytes: Infinity}, /more than/v],
		[{cpus: availableParallelism() + 1, memoryBytes: 512 * mebibyte}, new RegExp(`^${availableParallelism() + 1} CPUs`, 'v')],
		[{cpus: 0, memoryBytes: 512 * mebibyte}, /^0 CPUs/v],
		[{cpus: 1.5, memoryBytes: 512 * mebibyte}, /^1\.5 CPUs/v],
	] as const) {
		t.throws(() => {
			validateSize(size);
		}, {code: 'invalid', message});
	}
});

test('a program of the initramfs has another stamp once its size or its time changes', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-stamp-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const [program, link] = [path.join(directory, 'program'), path.join(directory, 'link')];
	await writeFile(program, 'one');
	await symlink('program', link);
	await utimes(program, 1, 1_700_000_000);
	t.is(await programStamp(program), '3 1700000000\n', 'as stat -L -c "%s %Y" prints it, which earlier versions used');
	t.is(await programStamp(link), '3 1700000000\n');
	await utimes(program, 1, 1_700_000_001);
	t.is(await programStamp(link), '3 1700000001\n');
	await writeFile(program, 'more');
	await utimes(program, 1, 1_700_000_001);
	t.is(await programStamp(program), '4 1700000001\n');
	await t.throwsAsync(programStamp(path.join(directory, 'missing')), {code: 'ENOENT'});
});

/** The start of a bzImage: a magic, and a pointer to the version. */
const makeImage = (version: string) => {
	const image = Buffer.alloc(2 * 1024 * 1024);
	image.write('HdrS', 0x2_02, 'latin1');
	image.writeUInt16LE(0x4_00, 0x2_0E);
	image.write(`${version} (builder) #1 SMP\0`, 0x6_00, 'latin1');
	return image;
};

test('the version is read from kernels only', t => {
	t.is(kernelVersion(makeImage('6.1.0-49-cloud-amd64')), '6.1.0-49-cloud-amd64');
	t.is(kernelVersion(makeImage('6.9.0+test~1_x')), '6.9.0+test~1_x');
	for (const version of ['../../etc', '6.1/../..', '', 'x6.1', '6.1\n']) {
		t.is(kernelVersion(makeImage(version)), undefined, version);
	}

	t.is(kernelVersion(Buffer.alloc(0)), undefined);
	t.is(kernelVersion(Buffer.from('HdrS')), undefined);
	t.is(kernelVersion(makeImage('6.1.0').subarray(0, 0x5_00)), undefined);
	const noPointer = makeImage('6.1.0');
	noPointer.writeUInt16LE(0, 0x2_0E);
	t.is(kernelVersion(noPointer), undefined);
});

const testImport = (title: string, implementation: (t: ExecutionContext, root: string) => Promise<void>) => {
	(obstacle ? test.skip : test)(`${title}${obstacle}`, async t => {
		const root = await mkdtemp(path.join(tmpdir(), 'holm-kernel-'));
		t.teardown(async () => rm(root, {recursive: true, force: true}));
		await implementation(t, root);
	});
};

const version = '6.9.1-test';

const moduleOf = (name: string, of = version) => Buffer.from(`\u{7F}ELF\0depends=\0name=${name}\0vermagic=${of} SMP \0`, 'latin1');

/** A directory laid out as `/lib/modules`. */
const makeModules = async (root: string, of = version) => {
	const modules = path.join(root, 'modules');
	await mkdir(path.join(modules, version), {recursive: true});
	await writeFile(path.join(modules, version, 'modules.builtin'), '');
	for (const name of ['virtio_pci', 'virtio_net', 'virtio_console', 'virtio_blk', 'fuse', 'virtiofs', 'overlay', 'ext4', 'af_packet']) {
		await writeFile(path.join(modules, version, `${name}.ko`), moduleOf(name, of));
	}

	return modules;
};

testImport('a kernel of the user\'s own is copied once, with the modules of its version', async (t, root) => {
	const paths = pathsOf(path.join(root, 'engine'));
	const file = path.join(root, 'bzImage');
	await writeFile(file, makeImage(version));
	const modules = await makeModules(root);
	const [first, second] = await Promise.all([importKernel(paths, file, modules), importKernel(paths, file, modules)]);
	t.deepEqual(first, second);
	t.is(first.kernel.version, version);
	t.is(first.kernel.modules.length, 9);
	t.deepEqual(await readFile(path.join(first.directory, 'vmlinuz')), makeImage(version));
	await rm(modules, {recursive: true});
	t.deepEqual(await importKernel(paths, file, modules), first);

	// Another build of the same version is another kernel.
	const rebuilt = makeImage(version);
	rebuilt.write('rebuilt', 0x10_00, 'latin1');
	await writeFile(file, rebuilt);
	await t.throwsAsync(importKernel(paths, file, modules), {code: 'invalid', message: /no modules/v});
	const left = await readdir(path.dirname(first.directory));
	t.deepEqual(left.toSorted(), [path.basename(first.directory), 'lock']);
});

testImport('a kernel without modules, and what is no kernel, are refused with a remedy', async (t, root) => {
	const paths = pathsOf(path.join(root, 'engine'));
	const file = path.join(root, 'bzImage');
	await t.throwsAsync(importKernel(paths, file), {code: 'invalid', message: /cannot be read/v});
	await t.throwsAsync(importKernel(paths, root), {code: 'invalid', message: /cannot be read/v});
	await writeFile(file, 'text');
	await t.throwsAsync(importKernel(paths, file), {code: 'invalid', message: /not a Linux kernel/v});
	await writeFile(file, makeImage(version));
	const error = await t.throwsAsync(importKernel(paths, file, await makeModules(root, '6.9.2-other')), {code: 'invalid', message: /is not for kernel/v});
	t.regex((error as {remedy?: string}).remedy ?? '', /modules of 6\.9\.1-test/v);
});
