import type {Case} from '../../host.js';
import {
	engineOf,
	equals,
	mustInside,
	script,
	slowMs,
	startContainer,
	startedEngine,
	whole,
} from '../world.js';

/** Modes and owners of the device in distributions. Machines run as other users, without root's group. */
const devices = [
	{owner: 'root:kvm', mode: '0666', accelerator: 'kvm'},
	{owner: 'root:root', mode: '0660', accelerator: 'tcg'},
	{owner: 'root:root', mode: '0600', accelerator: 'tcg'},
	{owner: 'root:kvm', mode: '0660', accelerator: 'kvm'},
] as const;

/** The last one is udev's default. */
export const device: Case = {
	name: 'kvm-device',
	describe: 'change owners and modes of /dev/kvm, and start an existing container with each usable one',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 3 * slowMs,
	async run(host, say) {
		const first = await startedEngine(whole(host));
		await startContainer(first, 'older');
		await first.stopContainer('older', {timeoutSeconds: 0});
		for (const {owner, mode, accelerator} of devices) {
			say(`${owner} ${mode}`);
			await script(host, `holm system stop; chown ${owner} /dev/kvm; chmod ${mode} /dev/kvm; holm system start`, slowMs);
			const engine = await engineOf(whole(host));
			const info = await engine.info();
			equals(info.accelerator, accelerator, `the accelerator with ${owner} ${mode} (${info.warnings.join('; ')})`);
			if (accelerator === 'kvm') {
				await engine.startContainer('older');
				equals(await mustInside(engine, 'older', 'echo yes'), 'yes', `the container with ${owner} ${mode}`);
				await engine.stopContainer('older', {timeoutSeconds: 0});
			} else {
				equals((await script(host, 'holm doctor || true')).includes('/dev/kvm'), true, 'that doctor names the device');
			}
		}

		const engine = await engineOf(whole(host));
		await engine.removeContainer('older', {force: true});
	},
};
