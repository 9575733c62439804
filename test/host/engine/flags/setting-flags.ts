import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {configuration} from '../../../engine/resources.js';
import type {World} from '../world.js';

/** Docker's default profile in small: one call is refused to containers that may not administrate. */
const profile = {
	defaultAction: 'SCMP_ACT_ALLOW',
	archMap: [{architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86']}],
	syscalls: [
		{names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 95, excludes: {caps: ['CAP_SYS_ADMIN']}},
		{names: ['chdir'], action: 'SCMP_ACT_ERRNO', includes: {caps: ['CAP_SYS_ADMIN']}},
	],
};

/** Flags of `run` whose effects show only inside: one container has them all. */
export const settingFlagTests = (world: World): void => {
	world.test('limits, kernel parameters, groups, names and rights, all together', async t => {
		const file = path.join(world.directory, 'profile.json');
		await writeFile(file, JSON.stringify(profile));
		await world.holm('network', 'create', '--opt', 'com.docker.network.driver.mtu=1400', 'narrow');
		await world.holm('run', '-d', '--name', 'linked', '--network', 'narrow', '-v', 'shared:/shared', 'box', 'sh', '-c', 'echo from linked > /shared/file; sleep 600');
		await world.until(async () => world.holm('exec', 'linked', 'sh', '-c', 'cat /shared/file || true'), text => text.includes('from linked'));
		await world.holm('update', '--pids-limit', '33', '--cpus', '0.5', '--memory', '200m', '--memory-reservation', '20m', '--cpu-shares', '512', '--cpuset-cpus', '0', 'linked');
		const limits = await world.holm('exec', 'linked', 'sh', '-c', 'cd /sys/fs/cgroup; cat pids.max cpu.max memory.max memory.low cpu.weight cpuset.cpus memory.high');
		t.deepEqual(limits.split('\n'), ['33', '50000 100000', '209715200', '20971520', '20', '0', 'max']);
		await world.holm('update', '--memory', '400m', 'linked');
		const script = `
			echo "shm $(df -k /dev/shm | awk 'NR==2 {print $2}')"
			echo "somaxconn $(cat /proc/sys/net/core/somaxconn)"
			echo "range $(cat /proc/sys/net/ipv4/ip_local_port_range)"
			echo "swappiness $(cat /proc/sys/vm/max_map_count)"
			echo "shmmni $(cat /proc/sys/kernel/shmmni)"
			echo "groups $(id -G)"
			echo "privileges $(sed -n 's/^NoNewPrivs:.//p' /proc/self/status)"
			echo "seccomp $(sed -n 's/^Seccomp:.//p' /proc/self/status)"
			echo "mkdir $(mkdir /tried 2>&1)"
			echo "pids $(cat /sys/fs/cgroup/pids.max)"
			echo "oom $(cat /proc/self/oom_score_adj)"
			echo "domain $(cat /proc/sys/kernel/domainname)"
			echo "quota $(cat /sys/fs/cgroup/cpu.max)"
			echo "weight $(cat /sys/fs/cgroup/cpu.weight)"
			echo "cpuset $(cat /sys/fs/cgroup/cpuset.cpus)"
			echo "low $(cat /sys/fs/cgroup/memory.low)"
			echo "core $(ulimit -c)"
			echo "mtu $(cat /sys/class/net/eth0/mtu)"
			echo "volume $(cat /shared/file) $(grep -c ' /shared .*ro' /proc/mounts)"
			echo "kcore $(wc -c </proc/kallsyms)"
			sed 's/^/hosts /' /etc/hosts
			sed 's/^/resolver /' /etc/resolv.conf
		`;
		const {status, stdout, stderr} = await world.run([
			...'run --rm --network narrow --hostname islet --domainname example.test --shm-size 3m --sysctl net.core.somaxconn=777 --sysctl vm.max_map_count=70000 --sysctl kernel.shmmni=99'.split(' '),
			'--sysctl',
			'net.ipv4.ip_local_port_range=20000 30000',
			...'--group-add staff --group-add 4242 --security-opt no-new-privileges --pids-limit 55 --oom-score-adj 321 --dns-option ndots:3 --dns-opt rotate --link linked:partner'.split(' '),
			...`--cpus 0.5 --cpu-shares 2048 --cpuset-cpus 0 --memory-reservation 64m --ulimit core=-1 --annotation note=x --volumes-from linked:ro --runtime runc --security-opt seccomp=${file}`.split(' '),
			...'box sh -c'.split(' '),
			script,
		]);
		t.is(status, 0, stderr);
		const found = (word: string) => stdout.split('\n').filter(line => line.startsWith(`${word} `)).map(line => line.slice(word.length + 1));
		t.deepEqual(Object.fromEntries(['shm', 'somaxconn', 'swappiness', 'shmmni', 'privileges', 'seccomp', 'pids', 'oom', 'domain', 'quota', 'cpuset', 'low', 'core', 'mtu', 'volume'].map(word => [word, found(word).join('|')])), {
			shm: '3072',
			somaxconn: '777',
			swappiness: '70000',
			shmmni: '99',
			privileges: '1',
			seccomp: '2',
			pids: '55',
			oom: '321',
			domain: 'example.test',
			quota: '50000 100000',
			cpuset: '0',
			low: String(64 * 1024 ** 2),
			core: 'unlimited',
			mtu: '1400',
			volume: 'from linked 1',
		});
		t.regex(found('range')[0]!, /^20000\s30000$/v);
		t.true(found('groups')[0]!.split(' ').includes('4242') && found('groups')[0]!.split(' ').includes('50'));
		t.regex(found('mkdir')[0]!, /not supported/iv);
		t.true(Number(found('weight')[0]) > 50);
		t.true(found('hosts').some(line => /^[\d.]+\tpartner linked$/v.test(line)), stdout);
		t.true(found('hosts').some(line => line.endsWith('\tislet.example.test islet')), stdout);
		t.true(found('resolver').includes('options ndots:3 rotate'), stdout);
		await world.holm('rm', '-f', 'linked');
		await world.holm('volume', 'rm', 'shared');
		await world.holm('network', 'rm', 'narrow');
	});

	world.test('a container that keeps no log, without /dev/shm, a terminal of a size, and a kernel parameter that does not exist', async t => {
		const {stdout} = await world.run(['run', '--name', 'mute', '--log-driver', 'none', '--ipc', 'none', '--security-opt', 'systempaths=unconfined', 'box', 'sh', '-c', 'echo heard; test -d /dev/shm || echo none; echo 1 > /proc/sys/vm/drop_caches && echo open']);
		t.is(stdout, 'heard\nnone\nopen\n');
		const logs = await world.run(['logs', 'mute']);
		t.not(logs.status, 0);
		t.regex(logs.stderr, /does not support reading/v);
		await world.holm('rm', 'mute');
		const {id} = await world.engine.createContainer(configuration({image: 'box', terminal: true, consoleSize: {rows: 33, columns: 101}, command: ['stty', 'size']}));
		await world.engine.startContainer(id);
		await world.engine.waitContainer(id);
		t.is(await world.holm('logs', id), '33 101\r');
		await world.holm('rm', id);
		const wrong = await world.run(['run', '--rm', '--sysctl', 'net.core.nothing=1', 'box', 'true']);
		t.is(wrong.status, 125);
		t.regex(wrong.stderr, /sysctl net\.core\.nothing/v);
	});
};
