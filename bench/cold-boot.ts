import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {findProgram} from '../source/host/setup/programs.js';
import {run} from '../source/host/run.js';
import {image} from './bench-engine.js';
import {Missing, timeOf, type Measurement} from './measurement.js';

export const measurement: Measurement = {
	name: 'cold-boot',
	title: 'A whole `holm run` beside a mere boot of the same kernel and initramfs by plain QEMU',
	metrics: [{name: 'from start to end', unit: 'ms'}],
	rounds: 5,
	async open({engine}) {
		const program = await findProgram('qemu-system');
		if (!program) {
			throw new Missing('QEMU is not installed');
		}

		const {paths, holm} = await engine();
		const initramfs = (await readdir(paths.guest)).find(name => /^initramfs-[\da-f]+$/v.test(name));
		const {accelerator} = JSON.parse(await readFile(paths.accelerator, 'utf8')) as {readonly accelerator: string};
		const boot = async () => run(program, [
			'-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-accel', accelerator, '-M', 'q35', '-cpu', accelerator === 'tcg' ? 'max' : 'host', '-smp', '1', '-m', '512M',
			'-kernel', path.join(paths.guest, 'vmlinuz'),
			'-initrd', path.join(paths.guest, initramfs!),
			// Init in the guest powers off, and QEMU exits.
			'-append', 'quiet rdinit=/bin/busybox -- poweroff -f',
		]);
		return {
			subjects: [
				{name: 'holm run --rm IMAGE true', read: async () => timeOf(async () => holm('run', '--rm', image, 'true'))},
				{name: 'QEMU to user space and off', read: async () => timeOf(boot)},
			],
			missing: [],
		};
	},
};
