import test from 'ava';
import {
	machineFiles,
	qemuArguments,
	sshPorts,
	type MachineShape,
	type QemuOptions,
} from '../../../source/host/machines/qemu.js';
import {defaultRoot, pathsOf} from '../../../source/host/store/paths.js';

const shape: MachineShape = {
	accelerator: 'tcg', cpus: 2, memoryBytes: 536_870_912, kernel: '/guest/vmlinuz', initramfs: '/guest/initramfs',
};

const template: QemuOptions = {
	shape, directory: '/t', name: 'holm-template', ram: {path: '/t/ram', share: true, readOnly: false},
};

const machine: QemuOptions = {
	shape,
	directory: '/m',
	name: 'holm-1',
	log: '/log',
	ram: {path: '/t/ram', share: false, readOnly: true},
	restored: {kernelStart: '/t/kernel', disk: '/disk.qcow2', tap: 'tap-1'},
};

/** The values of an option, which can be given several times. */
const valuesOf = (arguments_: readonly string[], option: string) =>
	arguments_.flatMap((argument, index) => argument === option ? arguments_[index + 1]! : []);

test('a machine has the devices of its template, in their order', t => {
	const devices = (options: QemuOptions) => valuesOf(qemuArguments(options), '-device').map(device => device.replace(/,netdev=.*/v, ''));
	t.deepEqual(devices(machine), devices(template));
	t.deepEqual(valuesOf(qemuArguments(machine), '-M'), valuesOf(qemuArguments(template), '-M'));
	t.deepEqual(valuesOf(qemuArguments(machine), '-cpu'), valuesOf(qemuArguments(template), '-cpu'));
	t.deepEqual(valuesOf(qemuArguments(machine), '-m'), ['536870912b']);
	t.deepEqual(valuesOf(qemuArguments(machine), '-smp'), ['2']);
});

test('a template boots, and a machine waits for its state and maps the memory for itself', t => {
	const [booted, restored] = [qemuArguments(template), qemuArguments(machine)];
	t.deepEqual(valuesOf(booted, '-kernel'), ['/guest/vmlinuz']);
	t.deepEqual(valuesOf(booted, '-initrd'), ['/guest/initramfs']);
	t.deepEqual(valuesOf(booted, '-incoming'), []);
	t.true(valuesOf(booted, '-object').includes('memory-backend-file,id=ram,size=536870912b,mem-path=/t/ram,share=on'));
	t.deepEqual(valuesOf(restored, '-kernel'), ['/t/kernel']);
	t.deepEqual(valuesOf(restored, '-initrd'), []);
	t.deepEqual(valuesOf(restored, '-incoming'), ['defer']);
	t.true(valuesOf(restored, '-object').includes('memory-backend-file,id=ram,size=536870912b,mem-path=/t/ram,share=off,readonly=on,rom=off'));
});

test('a machine is confined, has its own disk and log, and a tap only where it has a network', t => {
	const arguments_ = qemuArguments(machine);
	t.regex(valuesOf(arguments_, '-M')[0]!, /(?:^|,)mem-merge=off(?:,|$)/v);
	t.deepEqual(valuesOf(arguments_, '-sandbox'), ['on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny']);
	t.like(JSON.parse(valuesOf(arguments_, '-blockdev')[0]!), {driver: 'qcow2', file: {filename: '/disk.qcow2'}});
	t.true(valuesOf(arguments_, '-chardev').includes('file,id=log,path=/log,append=on'));
	t.deepEqual(valuesOf(arguments_, '-netdev').map(netdev => netdev.includes('ifname=tap-1')), [true]);
	t.deepEqual(valuesOf(qemuArguments({...machine, restored: {kernelStart: '/t/kernel', disk: '/disk.qcow2'}}), '-netdev'), []);
});

test('emulation is tuned for speed, hardware virtualisation uses the host\'s processor', t => {
	t.regex(valuesOf(qemuArguments(machine), '-append')[0]!, /mitigations=off/v);
	const arguments_ = qemuArguments({...machine, shape: {...shape, accelerator: 'kvm'}});
	t.deepEqual(valuesOf(arguments_, '-cpu'), ['host,vmx=off,svm=off']);
	t.deepEqual(valuesOf(qemuArguments({...machine, shape: {...shape, accelerator: 'kvm', isNested: true}}), '-cpu'), ['host']);
	t.deepEqual(valuesOf(arguments_, '-accel'), ['kvm']);
	t.notRegex(valuesOf(arguments_, '-append')[0]!, /mitigations=off/v);
});

test('every socket of a machine has a path that the kernel takes', t => {
	const {machine: directory} = pathsOf(defaultRoot).container('f'.repeat(64));
	const {qmp, control, incoming, ssh, sharesSocket} = machineFiles(directory);
	t.is(ssh.length, sshPorts.length);
	for (const socket of [qmp, control, incoming, sharesSocket, ...ssh]) {
		t.true(socket.length <= 107, socket);
	}
});
