import type {Case} from '../../host.js';
import {
	always,
	awaitRunning,
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

const serviceSocket = '/run/holm/holm.sock';

const machines = async (host: WholeHost) => script(host, 'pgrep qemu-system | sort | tr "\\n" " "');

const asAda = async ({system}: WholeHost, text: string): Promise<string> => {
	const {stdout, stderr, exitCode} = await system.runAsUser(['bash', '-euc', text], {limitMs: slowMs});
	if (exitCode !== 0) {
		throw new Error(`ada: ${text}: exit status ${exitCode}: ${stderr}${stdout}`);
	}

	return stdout.trim();
};

/** As an everyday user of Holm has it. */
export const service: Case = {
	name: 'service',
	describe: 'install the service: it survives a restart and the logout, starts after a boot, and a member of its group uses it',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 3 * slowMs,
	async run(host, say) {
		const system = whole(host);
		const first = await startedEngine(system);
		await startContainer(first, 'served', {restartPolicy: always});
		const before = await machines(system);
		say('started from a session that ends, on a host that ends what a user leaves');
		await script(host, 'mkdir -p /etc/systemd/logind.conf.d && printf "[Login]\\nKillUserProcesses=yes\\nKillExcludeUsers=\\n" >/etc/systemd/logind.conf.d/holm.conf && systemctl restart systemd-logind');
		await script(host, 'holm system stop && systemd-run --quiet --wait --property=PAMName=login --setenv=HOLM_BOOT_TIMEOUT=1800 /usr/local/bin/holm system start', slowMs);
		await startContainer(await engineOf(system), 'started');
		await script(host, 'holm system status && holm rm -f started', slowMs);
		equals(await machines(system), before, 'the machines after the session ended');
		await script(host, 'holm system install', slowMs);
		equals(await machines(system), before, 'the machines after the service was made');
		say('restarting the service');
		await script(host, 'systemctl restart holm && holm ps', slowMs);
		equals(await machines(system), before, 'the machines after the service was restarted');
		equals(await script(host, `stat -c "%U:%G %a" ${serviceSocket}`), 'root:holm 660', 'the socket');
		say('as an ordinary user');
		const {exitCode, stderr} = await system.system.runAsUser(['holm', 'ps'], {limitMs: slowMs});
		equals(exitCode, 1, 'the exit status for one who is not of the group');
		equals(stderr.includes('usermod'), true, `that the remedy is named: ${stderr}`);
		await script(host, 'usermod --append --groups holm ada');
		await system.system.logOut();
		equals(await asAda(system, 'holm ps --format "{{.Names}}"'), 'served', 'what a member of the group sees');
		equals(await asAda(system, 'cd && echo hers >to && holm cp to served:/to && holm cp served:/to from && stat --format %U from && cat from'), 'ada\nhers', 'a file that she copied there and back');
		say('rebooting');
		await system.system.reboot();
		equals(await script(host, 'systemctl is-enabled holm.socket'), 'enabled', 'the unit of the socket');
		const engine = await engineOf(system, serviceSocket);
		await awaitRunning(engine, 'served');
		equals(await mustInside(engine, 'served', 'echo yes'), 'yes', 'the container after a boot');
		equals(await script(host, 'holm system logs').then(text => text.includes('serving')), true, 'that the log is in the journal');
		await engine.removeContainer('served', {force: true});
		await script(host, 'holm system uninstall', slowMs);
		equals(await script(host, 'systemctl cat holm.service 2>&1 || true').then(text => text.includes('No files found')), true, 'that the unit is gone');
	},
};

/** The last case of a host, because it removes everything. */
export const reset: Case = {
	name: 'reset',
	describe: 'remove everything with a container running: no process, mount, device, rule or file is left',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 2 * slowMs,
	async run(host) {
		const engine = await startedEngine(whole(host));
		await startContainer(engine, 'last', {mounts: [volumeOf('last', '/data')]});
		await script(host, 'holm system reset --force', slowMs);
		equals(await script(host, 'pgrep -a "qemu-system|virtiofsd" || true'), '', 'processes');
		equals(await script(host, 'ls -A /var/lib/holm 2>/dev/null || true'), '', 'files');
		equals(await script(host, 'findmnt --noheadings --list --output TARGET | grep holm || true'), '/opt/holm', 'mounts beside that of the checkout');
		equals(await script(host, 'ip -brief link | grep -v -E "^(lo|eth0|docker0) " || true'), '', 'devices');
		equals(await script(host, 'nft list ruleset | grep -i holm || true'), '', 'rules');
		equals(await script(host, 'ip netns list; ls /run/netns 2>/dev/null || true'), '', 'network namespaces');
	},
};
