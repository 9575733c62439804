import type {Case} from '../../host.js';
import {
	bindOf,
	equals,
	engineOf,
	mustInside,
	script,
	slowMs,
	startContainer,
	startedEngine,
	volumeOf,
	whole,
} from '../world.js';

/** What the readme's first command does before its application, with hardware virtualisation. */
export const firstStart: Case = {
	name: 'first-start',
	describe: 'prepare the host, start the engine, run a container under KVM, ask doctor',
	hosts: ['debian-12', 'debian-13', 'debian-12-without-ipv6'],
	limitMs: 2 * slowMs,
	async run(host) {
		const engine = await startedEngine(whole(host));
		const {accelerator, warnings} = await engine.info();
		equals(accelerator, 'kvm', `the accelerator (${warnings.join('; ')})`);
		await startContainer(engine, 'first');
		equals(await mustInside(engine, 'first', 'echo $((6 * 7))'), '42', 'what a container prints');
		const doctor = await script(host, 'holm doctor || true');
		const missing = doctor.split('\n').filter(line => line.startsWith('✖'));
		equals(missing.join('\n'), '', 'what doctor finds missing');
		await engine.removeContainer('first', {force: true});
	},
};

/** Users must not be able to damage the machines' files. */
export const volumes: Case = {
	name: 'whole-volumes',
	describe: 'write into a volume, a bind mount and a read-only one, and find it on the disk of the host',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 2 * slowMs,
	async run(host) {
		const engine = await startedEngine(whole(host));
		await script(host, 'mkdir -p /srv/data /srv/fixed; echo given >/srv/data/before; echo fixed >/srv/fixed/file');
		const mounts = 'findmnt --noheadings --output TARGET,SOURCE | grep -v /run/user || true';
		const before = await script(host, mounts);
		await startContainer(engine, 'keeper', {
			mounts: [
				volumeOf('kept', '/data'),
				bindOf('/srv/data', '/bound'),
				bindOf('/srv/fixed', '/fixed', true),
			],
		});
		equals(await script(host, mounts), before, 'the mounts of the host');
		equals(await mustInside(engine, 'keeper', 'cat /bound/before /fixed/file'), 'given\nfixed', 'what is in the mounts');
		await mustInside(engine, 'keeper', 'echo important >/data/db && echo back >/bound/after && sync');
		equals(await mustInside(engine, 'keeper', '! echo no 2>/dev/null >/fixed/file && cat /fixed/file'), 'fixed', 'the read-only mount');
		await engine.removeContainer('keeper', {force: true});
		equals(await script(host, 'cat /var/lib/holm/volumes/kept/_data/db /srv/data/after /srv/fixed/file'), 'important\nback\nfixed', 'what is on the disk after rm');
		equals(await script(host, mounts), before, 'the mounts of the host after rm');
	},
};

/** Containers do not depend on the daemon. */
export const daemonRestart: Case = {
	name: 'whole-daemon',
	describe: 'stop and start the daemon, then kill it, while a container keeps running',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 2 * slowMs,
	async run(host, say) {
		const first = await startedEngine(whole(host));
		await startContainer(first, 'steady', {mounts: [volumeOf('steady', '/data')]});
		await mustInside(first, 'steady', 'echo one >/data/count; echo mine >/mark');
		const pid = 'pgrep qemu-system | sort | tr "\\n" " "';
		const machines = await script(host, pid);
		for (const [what, end] of [['stopped', 'holm system stop'], ['killed', 'kill -9 $(sed "s/.*\\"pid\\":\\([0-9]*\\).*/\\1/" /var/lib/holm/daemon.pid)']] as const) {
			say(`the daemon is ${what}`);
			await script(host, end, slowMs);
			equals(await script(host, pid), machines, `the machines after the daemon was ${what}`);
			await script(host, 'holm system start', slowMs);
			const engine = await engineOf(whole(host));
			equals((await engine.container('steady')).status.state, 'running', `the container after the daemon was ${what}`);
			equals(await mustInside(engine, 'steady', 'cat /mark /data/count'), 'mine\none', 'what is in it');
		}

		const engine = await engineOf(whole(host));
		await engine.removeContainer('steady', {force: true});
	},
};
