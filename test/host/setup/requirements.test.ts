import {Buffer} from 'node:buffer';
import {
	access,
	chmod,
	mkdir,
	mkdtemp,
	readFile,
	readdir,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {gzipSync, zstdCompressSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {
	architectureOf,
	distributionOf,
	parseRelease,
	programs,
} from '../../../source/host/setup/distributions.js';
import {acceleratorCheck, checkAccelerator} from '../../../source/host/setup/accelerator-check.js';
import {assertArchitecture} from '../../../source/host/architecture.js';
import {hasChanceNow} from '../../../source/host/machines/accelerator.js';
import {fetchKernel, readGuestKernel} from '../../../source/host/kernel/guest-kernel.js';
import {isStatic} from '../../../source/host/setup/programs.js';
import {checkNetavark, checkRequirements} from '../../../source/host/setup/requirements.js';
import type {Check} from '../../../source/host/setup/check.js';
import {run} from '../../../source/host/run.js';
import {installMissing, missingPackages} from '../../../source/host/setup/setup.js';

const makeDirectory = async (t: ExecutionContext): Promise<string> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-requirements-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	return directory;
};

test('a distribution is known by its own name, then by what it is like', t => {
	const x64 = architectureOf('x64');
	const packagesOf = (text: string) => distributionOf(parseRelease(text), x64);
	const debian = packagesOf('ID=debian\nVERSION_ID="12"\n');
	t.is(debian?.install[0], 'apt-get');
	t.is(debian?.kernel, 'linux-image-cloud-amd64');
	t.is(debian?.packages.virtiofsd, 'qemu-system-common');
	t.is(packagesOf('ID=debian\nVERSION_ID="13"\n')?.packages.virtiofsd, 'virtiofsd');
	t.is(packagesOf('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n')?.packages.virtiofsd, 'qemu-system-common');
	t.is(packagesOf('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n')?.packages.virtiofsd, 'virtiofsd');
	t.is(packagesOf('ID=linuxmint\nID_LIKE="ubuntu debian"\n')?.kernel, 'linux-image-virtual');
	t.is(packagesOf('ID=\'rocky\'\nID_LIKE="rhel centos fedora"\n')?.packages.ip, 'iproute');
	t.is(packagesOf('NAME="Arch Linux"\nID=arch\n')?.install[0], 'pacman');
	t.is(packagesOf('ID=plan9\n'), undefined);
	t.is(distributionOf(parseRelease('ID=debian'), architectureOf('arm64'))?.packages['qemu-system'], 'qemu-system-arm');
	t.is(architectureOf('riscv64'), undefined);
});

test('every requirement is checked once, in one line, and what is missing says what to do', async t => {
	const root = path.join(await makeDirectory(t), 'not', 'yet');
	const checks = await checkRequirements(root);
	const names = checks.map(({name}) => name);
	t.is(new Set(names).size, names.length);
	t.is(checks.length, programs.length + 12);
	for (const {name, status, found, remedy} of checks) {
		t.false(found.includes('\n') || found === '', name);
		t.true(status === 'ok' || (remedy ?? '') !== '', name);
	}

	t.is(checks.find(({name}) => name === 'kernel')?.status, 'missing');
	t.is(checks.find(({name}) => name === 'node')?.found, process.versions.node);
	await t.throwsAsync(access(root));
});

test('netavark is missing only where buildah does not work without it', async t => {
	const directory = await makeDirectory(t);
	const buildah = path.join(directory, 'buildah');
	const saying = async (script: string) => {
		await writeFile(buildah, `#!/bin/sh\n${script}\n`);
		await chmod(buildah, 0o755);
		return checkNetavark(distributionOf(parseRelease('ID=debian\nVERSION_ID="13"\n'), architectureOf('x64')), {buildah});
	};

	t.like(await saying('echo "Error: could not find \\"netavark\\" in one of [/usr/lib/podman]" >&2; exit 125'), {
		status: 'missing', remedy: 'sudo apt-get install --yes --no-install-recommends netavark', packages: ['netavark'],
	});
	t.like(await saying('echo scratch-working-container'), {status: 'ok', packages: undefined});
	t.like(await saying('echo "Error: no space left on device" >&2; exit 125'), {status: 'ok'});
	t.like(await checkNetavark(undefined, {}), {status: 'ok'});
	t.like(await checkNetavark(undefined, {netavark: '/usr/lib/podman/netavark'}), {status: 'ok', found: '/usr/lib/podman/netavark'});
});

test('the accelerator is told from the device as it is now and from the last verdict', t => {
	const open = {isOpen: true} as const;
	const closed = {isOpen: false, reason: '/dev/kvm is open to root alone', remedy: 'open it'} as const;
	t.like(acceleratorCheck(open, {}), {status: 'ok', found: 'not tried yet; the next start of the engine probes it'});
	t.like(acceleratorCheck(open, {accelerator: 'kvm', of: 'x'}), {status: 'ok', found: 'kvm'});
	t.like(acceleratorCheck(open, {accelerator: 'tcg', of: 'x', reason: 'it did not boot', remedy: 'try again'}), {
		status: 'warning', found: 'tcg: machines are emulated and slow: it did not boot', remedy: 'try again',
	});
	// Verdicts of earlier versions have neither reason nor remedy.
	t.regex(acceleratorCheck(open, {accelerator: 'tcg'}).remedy ?? '', /firmware/v);
	for (const verdict of [{}, {accelerator: 'kvm', of: 'x'}, {accelerator: 'tcg'}] as const) {
		t.like(acceleratorCheck(closed, verdict), {status: 'warning', found: `tcg: machines are emulated and slow: ${closed.reason}`, remedy: 'open it'});
	}

	// It was not accessible when the engine checked, and is now.
	t.like(acceleratorCheck(open, {accelerator: 'tcg', reason: closed.reason, remedy: closed.remedy}), {status: 'ok'});
});

test('a verdict that is cut short is none', async t => {
	const root = await makeDirectory(t);
	await writeFile(path.join(root, 'accelerator.json'), '{"accel');
	const check = await checkAccelerator(root);
	t.is(check.name, 'accelerator');
	t.false(check.found.includes('undefined'));
	t.deepEqual(await readdir(root), ['accelerator.json']);
});

test('a probe that failed is tried again when it has more time, or a busy host has become quiet', t => {
	const now = {timeoutMs: 15_000, load: 0.2};
	t.false(hasChanceNow({timeoutMs: 15_000, load: 0.2}, now));
	t.false(hasChanceNow({timeoutMs: 15_000, load: 0.9}, now));
	t.true(hasChanceNow({timeoutMs: 15_000, load: 4}, now));
	t.false(hasChanceNow({timeoutMs: 15_000, load: 4}, {...now, load: 3}));
	t.true(hasChanceNow({timeoutMs: 15_000, load: 0.2}, {...now, timeoutMs: 300_000}));
	t.false(hasChanceNow({timeoutMs: 300_000, load: 0.2}, now));
});

test('a processor other than x86-64 is refused', t => {
	t.notThrows(() => {
		assertArchitecture('x64');
	});
	const error = t.throws(() => {
		assertArchitecture('arm64');
	}, {code: 'unsupported', message: /x86-64.*arm64/v});
	t.regex((error as {remedy?: string}).remedy ?? '', /--host/v);
});

test('only packages of what is missing are installed, each once', async t => {
	const checks: readonly Check[] = [
		{
			name: 'mke2fs', status: 'missing', found: 'not installed', packages: ['e2fsprogs'],
		},
		{
			name: 'debugfs', status: 'missing', found: 'not installed', packages: ['e2fsprogs'],
		},
		{
			name: 'crun', status: 'ok', found: '1.8', packages: ['crun'],
		},
		{name: 'root', status: 'missing', found: 'running as user 1000'},
	];
	t.deepEqual(missingPackages(checks), ['e2fsprogs']);
	const steps: unknown[] = [];
	await installMissing(checks.slice(2), step => {
		steps.push(step);
	});
	t.deepEqual(steps, []);
});

test('a program that needs the host\'s libraries is told from one that does not', async t => {
	const directory = await makeDirectory(t);
	const text = path.join(directory, 'text');
	await writeFile(text, '#!/bin/sh\n');
	t.false(await isStatic(text));
	t.false(await isStatic(process.execPath));
	// The smallest ELF file that has program headers: PT_LOAD, and in the other one PT_INTERP too.
	const executable = (...types: readonly number[]) => {
		const file = Buffer.alloc(64 + (types.length * 56));
		file.write('\u{7F}ELF', 'latin1');
		file.writeBigUInt64LE(64n, 32);
		file.writeUInt16LE(56, 54);
		file.writeUInt16LE(types.length, 56);
		for (const [index, type] of types.entries()) {
			file.writeUInt32LE(type, 64 + (index * 56));
		}

		return file;
	};

	await writeFile(text, executable(1));
	t.true(await isStatic(text));
	await writeFile(text, executable(1, 3));
	t.false(await isStatic(text));
});

const version = '6.9.1-test';

const moduleOf = (depends: string, of = version) => Buffer.from(`\u{7F}ELF code\0license=GPL\0depends=${depends}\0name=x\0vermagic=${of} SMP mod_unload \0`, 'latin1');

/** A host with one kernel whose modules use every compression of the distributions. */
const makeKernel = async (t: ExecutionContext, changes: Readonly<Record<string, Uint8Array | undefined>> = {}): Promise<string> => {
	const base = await makeDirectory(t);
	const directory = path.join(base, 'lib', 'modules', version);
	const drivers = path.join(directory, 'kernel', 'drivers');
	await mkdir(drivers, {recursive: true});
	await mkdir(path.join(base, 'boot'));
	await writeFile(path.join(base, 'boot', `vmlinuz-${version}`), Buffer.alloc(2 * 1024 * 1024, 1));
	await writeFile(path.join(directory, 'modules.builtin'), 'kernel/net/packet/af_packet.ko\nkernel/fs/ext4/ext4.ko\nkernel/drivers/block/virtio_blk.ko\n');
	const files: Readonly<Record<string, Uint8Array | undefined>> = {
		'virtio_pci.ko': moduleOf('virtio-ring,virtio'),
		'virtio.ko.zst': zstdCompressSync(moduleOf('virtio-ring')),
		'virtio-ring.ko.gz': gzipSync(moduleOf('')),
		'virtio_net.ko': moduleOf('virtio_ring,virtio,net_failover'),
		'net_failover.ko': moduleOf('failover'),
		'failover.ko': moduleOf(''),
		'virtio_console.ko': moduleOf('virtio'),
		'fuse.ko': moduleOf(''),
		'virtiofs.ko': moduleOf('fuse,virtio'),
		'overlay.ko': moduleOf(''),
		'virtio-rng.ko': moduleOf('rng-core'),
		'rng-core.ko': moduleOf(''),
		'unrelated.ko': moduleOf(''),
		...changes,
	};
	for (const [name, content] of Object.entries(files)) {
		if (content) {
			await writeFile(path.join(drivers, name), content);
		}
	}

	const xz = path.join(drivers, 'overlay.ko');
	await run('xz', [xz]);
	return base;
};

test('a kernel is installed with its modules, decompressed and in order of dependency', async t => {
	const [root, base] = await Promise.all([makeDirectory(t), makeKernel(t)]);
	const steps: string[] = [];
	const kernel = await fetchKernel(root, ({step}) => {
		steps.push(step);
	}, {download: false, base});
	t.deepEqual(steps, ['kernel']);
	t.is(kernel.version, version);
	t.deepEqual(kernel.modules, [
		'virtio_ring.ko', 'virtio.ko', 'virtio_pci.ko', 'failover.ko', 'net_failover.ko', 'virtio_net.ko', 'virtio_console.ko', 'fuse.ko', 'virtiofs.ko', 'overlay.ko', 'rng_core.ko', 'virtio_rng.ko',
	]);
	const guest = path.join(root, 'guest');
	t.is(await readFile(path.join(guest, 'modules', 'order'), 'utf8'), `${kernel.modules.join('\n')}\n`);
	for (const name of kernel.modules) {
		const content = await readFile(path.join(guest, 'modules', name), 'latin1');
		t.true(content.startsWith('\u{7F}ELF'), name);
	}

	const {size} = await stat(path.join(guest, 'vmlinuz'));
	t.is(size, 2 * 1024 * 1024);
	const entries = await readdir(guest);
	t.deepEqual(entries.toSorted(), ['kernel.json', 'modules', 'vmlinuz']);
});

test('an intact kernel is kept, a damaged one is made again, and leftovers are removed', async t => {
	const [root, base] = await Promise.all([makeDirectory(t), makeKernel(t)]);
	const kernel = await fetchKernel(root, undefined, {download: false, base});
	const guest = path.join(root, 'guest');
	const noKernel = await makeDirectory(t);
	t.deepEqual(await fetchKernel(root, undefined, {download: false, base: noKernel}), kernel);

	for (const damage of [
		async () => writeFile(path.join(guest, 'vmlinuz'), 'short'),
		async () => rm(path.join(guest, 'modules', 'fuse.ko')),
		async () => writeFile(path.join(guest, 'modules', 'order'), ''),
		async () => rm(path.join(guest, 'kernel.json')),
	]) {
		await damage();
		t.is(await readGuestKernel(root), undefined);
		await mkdir(path.join(guest, '.kernel-rest'), {recursive: true});
		t.deepEqual(await fetchKernel(root, undefined, {download: false, base}), kernel);
		t.deepEqual(await readGuestKernel(root), kernel);
		const entries = await readdir(guest);
		t.deepEqual(entries.toSorted(), ['kernel.json', 'modules', 'vmlinuz']);
	}
});

test('a kernel without what a guest needs is refused with the reason, and the old one stays', async t => {
	const root = await makeDirectory(t);
	const options = {download: false, renew: true};
	const kernel = await fetchKernel(root, undefined, {...options, base: await makeKernel(t)});
	for (const [changes, message] of [
		[{'virtiofs.ko': undefined}, /no module virtiofs/v],
		[{'failover.ko': undefined}, /no module failover/v],
		[{'fuse.ko': moduleOf('', '6.9.2-other')}, /fuse is not for kernel 6\.9\.1-test, but for 6\.9\.2-other/v],
		[{'fuse.ko': Buffer.from('nonsense')}, /fuse is not for kernel/v],
	] as const) {
		await t.throwsAsync(fetchKernel(root, undefined, {...options, base: await makeKernel(t, changes)}), {code: 'unavailable', message});
		t.deepEqual(await readGuestKernel(root), kernel);
	}
});
