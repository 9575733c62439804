import type {Case} from '../../host.js';
import {
	buildImage,
	equals,
	image,
	mustInside,
	script,
	slowMs,
	startContainer,
	startedEngine,
	volumeOf,
	whole,
} from '../world.js';

const refusals = 'journalctl --dmesg --boot --no-pager | grep -E "apparmor=.(DENIED|AUDIT)." || true';

/** Debian uses AppArmor; SELinux is available, but not enabled. */
export const apparmor: Case = {
	name: 'apparmor',
	describe: 'under the profiles of AppArmor that the distribution ships, build an image, write into a volume and remove the container: nothing is refused',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 2 * slowMs,
	async run(host, say) {
		const engine = await startedEngine(whole(host));
		const modules = await script(host, 'cat /sys/kernel/security/lsm');
		equals(modules.split(',').includes('apparmor'), true, `that AppArmor is on: ${modules}`);
		equals(modules.split(',').includes('selinux'), false, `that SELinux is off: ${modules}`);
		const profiles = await script(host, 'wc -l </sys/kernel/security/apparmor/profiles');
		equals(Number(profiles) > 0, true, 'that profiles are loaded');
		say(`${modules}; ${profiles} profiles`);
		const before = await script(host, refusals);
		await buildImage(whole(host), 'test/confined', String.raw`FROM ${image}\nRUN echo made >/made\n`);
		await startContainer(engine, 'confined', {image: 'test/confined', mounts: [volumeOf('confined', '/data')]});
		equals(await mustInside(engine, 'confined', 'cat /made && echo written >/data/file && cat /data/file'), 'made\nwritten', 'what the container finds');
		await engine.removeContainer('confined', {force: true});
		equals(await script(host, refusals), before, 'what AppArmor refused');
	},
};
