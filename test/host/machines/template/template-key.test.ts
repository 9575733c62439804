import {
	chmod,
	cp,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rename,
	rm,
	utimes,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {run} from '../../../../source/host/run.js';
import {pruneTemplates} from '../../../../source/host/machines/template/prune-templates.js';
import {type MachineShape} from '../../../../source/host/machines/qemu.js';
import {templateFiles, writeStamp} from '../../../../source/host/machines/template/stamp.js';
import {
	hostKeyOf,
	canMapReadOnly,
	processorsOf,
	qemuIdentity,
	readTemplateHost,
	templateKeyOf,
} from '../../../../source/host/machines/template/template-key.js';

const makeDirectory = async (t: ExecutionContext): Promise<string> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-key-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	return directory;
};

const processor = (number: number, microcode: string, flags = 'fpu sse') =>
	`processor\t: ${number}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Xeon\nstepping\t: 7\nmicrocode\t: ${microcode}\ncpu MHz\t\t: ${number}00.1\nflags\t\t: ${flags}\nbogomips\t: ${number}\n\n`;

test('processors are the same whatever their speed and number, and others with other microcode or flags', t => {
	const one = processorsOf(processor(0, '0x1'));
	t.is(one.length, 1);
	t.deepEqual(processorsOf(processor(0, '0x1') + processor(1, '0x1')), one);
	t.notDeepEqual(processorsOf(processor(0, '0x2')), one);
	t.notDeepEqual(processorsOf(processor(0, '0x1', 'fpu sse avx')), one);
	t.notDeepEqual(processorsOf(processor(0, '0x1').replace('model\t\t: 85', 'model\t\t: 86')), one);
	t.notDeepEqual(processorsOf(processor(0, '0x1') + processor(1, '0x2')), one);
});

test('QEMU is asked for its version once, until its file changes', async t => {
	const directory = await makeDirectory(t);
	const [program, memory, asked] = ['qemu', 'qemu.json', 'asked'].map(name => path.join(directory, name)) as [string, string, string];
	const install = async (version: string) => {
		await writeFile(program, `#!/bin/sh\necho >>${asked}\necho 'version ${version}'\n`);
		await chmod(program, 0o755);
	};

	/** As another process, which has asked nothing yet. */
	const ask = async () => {
		const module = new URL('../../../../source/host/machines/template/template-key.js', import.meta.url);
		const {stdout} = await run(process.execPath, ['--input-type=module', '--eval', `
			const {qemuIdentity} = await import(${JSON.stringify(module.href)});
			console.log(await qemuIdentity(${JSON.stringify(program)}, ${JSON.stringify(memory)}));
		`]);
		return stdout.trim();
	};

	await install('7.2');
	const first = await ask();
	t.regex(first, /^version 7\.2 /v);
	t.is(await qemuIdentity(program), first, 'the same without a memory');
	t.is(await ask(), first);
	await writeFile(memory, 'cut o');
	t.is(await ask(), first);
	t.is(await readFile(asked, 'utf8'), '\n'.repeat(3));
	await install('10.0.1');
	t.regex(await ask(), /^version 10\.0\.1 /v);
});

test('a template is another one on another host and with other parts, and the same one with copies of its parts', async t => {
	const directory = await makeDirectory(t);
	const [kernel, initramfs] = ['kernel', 'initramfs'].map(name => path.join(directory, name)) as [string, string];
	await Promise.all([kernel, initramfs].map(async file => {
		await writeFile(file, 'one');
		// Node sets file times with less precision than file systems keep.
		await utimes(file, 1, 1);
	}));
	const shape: MachineShape = {
		accelerator: 'kvm', cpus: 1, memoryBytes: 536_870_912, kernel, initramfs,
	};
	const host = await readTemplateHost('version 7.2');
	t.true(host.processors.length > 0 && host.kernel.every(text => text !== ''));
	const hosts = [
		host,
		{...host, qemu: 'version 7.3'},
		{...host, processors: [...host.processors, 'another']},
		{...host, kernel: ['another release', host.kernel[1]] as const},
		{...host, kernel: [host.kernel[0], 'another version'] as const},
	];
	t.is(new Set(hosts.map(each => hostKeyOf(each))).size, hosts.length);
	const [here, there] = [hostKeyOf(host), hostKeyOf(hosts[1]!)];
	t.is(hostKeyOf(await readTemplateHost('version 7.2')), here);
	const keys = [
		await templateKeyOf(here, shape),
		await templateKeyOf(there, shape),
		await templateKeyOf(here, {...shape, cpus: 2}),
		await templateKeyOf(here, {...shape, isNested: true}),
		await templateKeyOf(here, {...shape, accelerator: 'tcg'}),
	];
	const copies = path.join(directory, 'copies');
	const copied = {kernel: path.join(copies, 'kernel'), initramfs: path.join(copies, 'initramfs')};
	await cp(kernel, copied.kernel, {preserveTimestamps: true});
	await cp(initramfs, copied.initramfs, {preserveTimestamps: true});
	t.is(await templateKeyOf(here, {...shape, ...copied}), keys[0]!);
	await writeFile(initramfs, 'another');
	keys.push(await templateKeyOf(here, shape));
	t.is(new Set(keys).size, keys.length);
});

test('QEMU is another one when its file is', async t => {
	const directory = await makeDirectory(t);
	const program = path.join(directory, 'qemu');
	const install = async (version: string) => {
		await writeFile(`${program}.new`, `#!/bin/sh\necho 'QEMU emulator version ${version} (Debian)'\necho Copyright\n`);
		await chmod(`${program}.new`, 0o755);
		await rename(`${program}.new`, program);
		return qemuIdentity(program);
	};

	const first = await install('7.2.22');
	t.regex(first, /^QEMU emulator version 7\.2\.22 \(Debian\) /v);
	t.is(await qemuIdentity(program), first);
	t.false(canMapReadOnly(first));
	const second = await install('10.0.11');
	t.true(canMapReadOnly(second));
	t.not(second, first);
	t.true(canMapReadOnly('QEMU emulator version 8.2.0'));
	t.false(canMapReadOnly('QEMU emulator version 8.1.5'));
});

test('templates of another host or of an initramfs that is gone are removed, and no others', async t => {
	const directory = await makeDirectory(t);
	const initramfs = path.join(directory, 'initramfs');
	await writeFile(initramfs, '');
	const templates = path.join(directory, 'templates');
	const make = async (name: string, origin: {readonly initramfs: string; readonly hostKey: string}) => {
		const template = path.join(templates, name);
		await mkdir(template, {recursive: true});
		await writeFile(templateFiles(template).ram, '');
		await writeStamp(template, origin);
	};

	await make('kept', {initramfs, hostKey: 'here'});
	await make('moved', {initramfs, hostKey: 'there'});
	await make('gone', {initramfs: `${initramfs}.gone`, hostKey: 'here'});
	// Stamps of earlier versions.
	await make('old', {initramfs, hostKey: 'here'});
	await writeFile(templateFiles(path.join(templates, 'old')).stamp, JSON.stringify({size: 0, changedNs: '0', initramfs}));
	await mkdir(path.join(templates, 'made.x1y2z3'));
	await writeFile(path.join(templates, 'lock-1-2'), '');
	await pruneTemplates(templates, 'here');
	t.deepEqual((await readdir(templates)).toSorted(), ['kept', 'lock-1-2', 'made.x1y2z3']);
});
