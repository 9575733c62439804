import type {Case} from '../../host.js';
import {
	always,
	awaitRunning,
	bindOf,
	engineOf,
	equals,
	mustInside,
	script,
	slowMs,
	startContainer,
	startedEngine,
	volumeOf,
	whole,
	type WholeHost,
} from '../world.js';

const prepare = async (host: WholeHost): Promise<void> => {
	const engine = await startedEngine(host);
	await script(host, 'mkdir -p /srv/always');
	await startContainer(engine, 'returning', {
		restartPolicy: always,
		mounts: [
			volumeOf('returning', '/data'),
			bindOf('/srv/always', '/bound'),
		],
	});
	await startContainer(engine, 'resting');
	await mustInside(engine, 'returning', 'echo volume >/data/db; echo bind >/bound/db; echo disk >/kept; sync');
};

const check = async (host: WholeHost): Promise<void> => {
	await script(host, 'holm system start', slowMs);
	const engine = await engineOf(host);
	await awaitRunning(engine, 'returning');
	equals(await mustInside(engine, 'returning', 'cat /data/db /bound/db /kept'), 'volume\nbind\ndisk', 'what the container finds');
	equals(await script(host, 'cat /var/lib/holm/volumes/returning/_data/db /srv/always/db'), 'volume\nbind', 'what is on the disk of the host');
	equals((await engine.container('resting')).status.state, 'exited', 'the container without a restart policy');
	equals((await engine.info()).accelerator, 'kvm', 'the accelerator');
	await engine.startContainer('resting');
	await engine.removeContainer('resting', {force: true});
	await engine.removeContainer('returning', {force: true});
};

/** A host that is shut down in order. */
export const reboot: Case = {
	name: 'reboot',
	describe: 'reboot the host, and find the container that always restarts running with its data',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 3 * slowMs,
	async run(host, say) {
		await prepare(whole(host));
		say('rebooting');
		await whole(host).system.reboot();
		say('up again');
		await check(whole(host));
	},
};

/** A host that loses its power. */
export const powerCut: Case = {
	name: 'power-cut',
	describe: 'reset the host without a shutdown, and find what was synced',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 3 * slowMs,
	async run(host, say) {
		await prepare(whole(host));
		await script(host, 'sync');
		say('resetting');
		await whole(host).system.cutPower();
		say('up again');
		await check(whole(host));
	},
};
