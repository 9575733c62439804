import test from 'ava';
import {isNestedWanted, kvmAccessOf, type KvmHost} from '../../../source/host/machines/kvm-device.js';

const closedGroups = new Set([0, 970]);

const hostWith = (device?: KvmHost['device'], flags: readonly string[] = [], modules: readonly string[] = []): KvmHost => ({
	device, processorFlags: new Set(flags), loadedModules: new Set(modules), closedGroups,
});

const device = (mode: number, gid: number) => ({mode: 0o02_0000 | mode, uid: 0, gid});

test('machines take the device\'s group only where it takes one to open the device', t => {
	t.deepEqual(kvmAccessOf(hostWith(device(0o666, 105))), {isOpen: true});
	t.deepEqual(kvmAccessOf(hostWith(device(0o666, 0))), {isOpen: true});
	t.deepEqual(kvmAccessOf(hostWith(device(0o660, 105))), {isOpen: true, gid: 105});
});

test('machines never take root\'s group nor the engine\'s, and the remedy is said', t => {
	for (const closed of [device(0o660, 0), device(0o660, 970), device(0o600, 0), device(0o600, 105), device(0o640, 105), device(0o664, 0)]) {
		const access = kvmAccessOf(hostWith(closed));
		t.false(access.isOpen, closed.mode.toString(8));
		t.regex(access.isOpen ? '' : access.remedy, /chgrp kvm.*udev rule/v);
	}
});

test('a missing device is explained by processor, modules and host', t => {
	for (const [host, reason, remedy] of [
		[hostWith(undefined, ['fpu', 'vmx']), /kvm_intel is not loaded/v, /modprobe kvm_intel.*firmware/v],
		[hostWith(undefined, ['svm']), /kvm_amd is not loaded/v, /modprobe kvm_amd/v],
		[hostWith(undefined, ['svm'], ['kvm', 'kvm_amd']), /though the module kvm_amd is loaded/v, /--device \/dev\/kvm/v],
		[hostWith(undefined, ['fpu']), /shows no virtualisation/v, /firmware/v],
		[hostWith(undefined, ['fpu', 'hypervisor']), /is a virtual machine/v, /nested virtualisation/v],
	] as const) {
		const access = kvmAccessOf(host);
		t.false(access.isOpen);
		t.regex(access.isOpen ? '' : access.reason, reason);
		t.regex(access.isOpen ? '' : access.remedy, remedy);
	}
});

test('nested virtualisation needs an explicit setting', t => {
	t.false(isNestedWanted({}));
	t.false(isNestedWanted({HOLM_NESTED: ''}));
	t.false(isNestedWanted({HOLM_NESTED: '0'}));
	t.true(isNestedWanted({HOLM_NESTED: '1'}));
	for (const value of ['yes', 'true', '2', ' 1']) {
		const error = t.throws(() => isNestedWanted({HOLM_NESTED: value}), {code: 'invalid'}, value);
		t.regex((error as {remedy?: string}).remedy ?? '', /HOLM_NESTED=1/v);
	}
});
