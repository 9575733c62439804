import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import {chooseAccelerator} from '../../../source/host/machines/accelerator.js';
import type {KvmHost} from '../../../source/host/machines/kvm-device.js';
import type {TemplateOptions} from '../../../source/host/machines/template/template.js';

test('a verdict is kept until the device or the time limit changes, or a probe is forced', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-accelerator-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const program = path.join(directory, 'qemu');
	await writeFile(program, '#!/bin/sh\necho "QEMU emulator version 7.2"\n', {mode: 0o755});
	const templates = path.join(directory, 'templates');
	let mode = 0o600;
	let isWorking = false;
	const booted: TemplateOptions[] = [];
	const choose = async ({timeoutMs = 1000, isForced = false} = {}) => chooseAccelerator(path.join(directory, 'verdict'), {
		shape: {
			cpus: 1, memoryBytes: 1, kernel: '', initramfs: '',
		},
		program, directory: templates, sockets: [], timeoutMs, isForced, onProbe: () => undefined, ipNamespace: undefined,
	} as unknown as Parameters<typeof chooseAccelerator>[1], {
		readHost: async (): Promise<KvmHost> => ({
			device: {mode: 0o02_0000 | mode, uid: 0, gid: 105}, processorFlags: new Set(), loadedModules: new Set(), closedGroups: new Set([0]),
		}),
		async obtainTemplate(options) {
			booted.push(options);
			if (!isWorking) {
				throw new HolmError('unavailable', 'a machine says nothing');
			}
		},
	});

	t.like(await choose(), {accelerator: 'tcg', reason: '/dev/kvm is open to root alone, and machines run as other users'});
	t.is(booted.length, 0);
	mode = 0o660;
	t.like(await choose(), {accelerator: 'tcg', reason: 'with hardware virtualisation a machine says nothing', remedy: 'holm setup --probe tries again; HOLM_BOOT_TIMEOUT=SECONDS gives it more time'});
	t.like(await choose(), {accelerator: 'tcg', reason: 'with hardware virtualisation a machine says nothing'});
	t.is(booted.length, 1, 'a probe that failed is not repeated for nothing');
	isWorking = true;
	t.like(await choose({timeoutMs: 2000}), {accelerator: 'kvm', deviceGid: 105});
	t.is(booted.length, 2, 'it is with more time');
	t.like(await choose(), {accelerator: 'kvm', deviceGid: 105});
	t.is(booted.length, 2);
	t.like(booted[1], {directory: templates, deviceGid: 105, shouldRemake: false, shape: {accelerator: 'kvm'}}, 'what was booted is the template of machines');
	await choose({isForced: true});
	t.like(booted[2], {shouldRemake: true}, 'a forced probe makes it again');
	mode = 0o666;
	t.like(await choose(), {accelerator: 'kvm', deviceGid: undefined});
	t.is(booted.length, 4, 'another mode of the device calls for another probe');
});
