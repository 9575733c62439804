import type {Case} from '../../host.js';
import {
	engineOf,
	equals,
	mustInside,
	script,
	slowMs,
	startContainer,
	startedEngine,
	volumeOf,
	whole,
} from '../world.js';

/** The readme's first command on a new host: it installs, builds, prepares the host, and starts the application. */
export const quickstart: Case = {
	name: 'quickstart',
	describe: 'on a new host: npm run quickstart, and query the application',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 4 * slowMs,
	async run(host, say) {
		equals(await script(host, 'ls -d /var/lib/holm /proc/sys/net/bridge 2>/dev/null || true; for program in docker qemu-system-x86_64 buildah crun; do command -v $program || true; done'), '', 'what is there before');
		await script(host, 'cd /opt/holm/now && HOLM_DEMO_OFFLINE=1 npm run quickstart', 3 * slowMs);
		equals(await script(host, 'curl --silent --max-time 120 http://localhost:8000/'), 'Hello from Flask! Connected to Redis at my-redis-db:6379 successfully!', 'the application');
		say('removing the application');
		await script(host, 'holm rm -f my-web my-redis-db && holm network rm myapp-net', slowMs);
	},
};

export const tutorial: Case = {
	name: 'tutorial',
	describe: 'the tutorial: every command prints what it should',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 4 * slowMs,
	async run(host) {
		await startedEngine(whole(host));
		await script(host, 'HOLM_DEMO_OFFLINE=1 /opt/holm/now/demos/tutorial/run.sh', 3 * slowMs);
	},
};

/** The previous version starts the containers, and this one adopts them. */
export const upgrade: Case = {
	name: 'upgrade',
	describe: 'start containers with the previous version, and upgrade to this one while they run',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 3 * slowMs,
	async run(host, say) {
		await startedEngine(whole(host));
		const before = 'node /opt/holm/before/dist/cli.js';
		await script(host, `holm system stop && ${before} system start`, slowMs);
		const old = await engineOf(whole(host));
		await startContainer(old, 'travelling', {mounts: [volumeOf('travelling', '/data')]});
		await mustInside(old, 'travelling', 'echo data >/data/db; echo disk >/kept');
		say('upgrading');
		await script(host, `${before} system stop && holm system start`, slowMs);
		const engine = await engineOf(whole(host));
		equals(await mustInside(engine, 'travelling', 'cat /data/db /kept'), 'data\ndisk', 'what is in the container');
		await engine.stopContainer('travelling', {timeoutSeconds: 0});
		await engine.startContainer('travelling');
		equals(await mustInside(engine, 'travelling', 'cat /data/db /kept'), 'data\ndisk', 'what is in it after a start');
		await engine.removeContainer('travelling', {force: true});
	},
};

/** Measured in an emulated machine: the absolute numbers mean nothing, and more rounds, or ten machines at once, would take hours. */
export const bench: Case = {
	name: 'bench',
	describe: 'npm run bench with two rounds and without starting ten machines; the results are printed',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 4 * slowMs,
	async run(host, say) {
		await startedEngine(whole(host));
		for (const line of (await script(host, 'cd /opt/holm/now && node dist/bench/main.js --rounds 2 cold-boot run-detached run-whole list-containers create-network published-port 2>&1', 3 * slowMs)).split('\n')) {
			say(line);
		}
	},
};
