import test from 'ava';
import {containerProcess, exposedPorts, mergeEnvironment} from '../../source/rules/containers/container-process.js';
import {containerName, madeUpName, networkName, volumeName, mountPath} from '../../source/rules/names.js';
import {findContainer, findNetwork} from '../../source/rules/find-resource.js';
import {restartDelay, shouldRestart, shouldStartAtBoot} from '../../source/rules/containers/restart-policy.js';
import {signalNumber} from '../../source/rules/containers/signals.js';
import {validateContainer} from '../../source/rules/containers/validate-container.js';
import type {ContainerConfiguration, ImageConfiguration} from '../../source/engine/resources.js';
import {configuration} from '../engine/resources.js';

const image: ImageConfiguration = {
	user: 'app', environment: ['PATH=/image', 'A=image'], entrypoint: ['enter'], command: ['serve', '--now'], workingDirectory: '/srv', exposedPorts: ['80', '443/tcp', '53/udp'], volumes: [], labels: {},
};

const given = (changes: Partial<ContainerConfiguration> = {}) => configuration({image: 'thing', ...changes});

test('names', t => {
	t.is(containerName('/web.1_a-b'), 'web.1_a-b');
	for (const name of ['', 'a', '-a', 'a b', 'a/b', 'ä1', '../x', 'a\n', 'x\u{1B}[0m']) {
		t.throws(() => containerName(name), {message: /^Invalid container name/v});
		t.throws(() => volumeName(name));
	}

	t.is(networkName('front of house'), 'front of house');
	for (const name of ['', 'a', '-a', 'a/b', 'ä1', 'a\n', ' a', 'a ', 'a  b', 'a\tb']) {
		t.throws(() => networkName(name), {code: 'invalid'});
	}

	const taken = new Set<string>();
	for (let count = 0; count < 2000; count++) {
		const name = madeUpName(name => taken.has(name));
		t.is(containerName(name), name);
		t.false(taken.has(name));
		taken.add(name);
	}
});

test('the process of a container, from its own settings and its image\'s', t => {
	t.deepEqual(containerProcess(given(), image), {
		arguments: ['enter', 'serve', '--now'], environment: ['PATH=/image', 'A=image'], workingDirectory: '/srv', user: 'app',
	});
	t.deepEqual(containerProcess(given({command: ['other']}), image).arguments, ['enter', 'other']);
	t.deepEqual(containerProcess(given({entrypoint: ['mine']}), image).arguments, ['mine'], 'an entrypoint of one\'s own drops the image\'s command');
	t.deepEqual(containerProcess(given({entrypoint: [], command: ['plain']}), image).arguments, ['plain']);
	t.throws(() => containerProcess(given({entrypoint: []}), image), {message: /No command specified/v});
	t.deepEqual(containerProcess(given({command: ['plain']}), {...image, entrypoint: ['']}).arguments, ['plain'], 'an empty entrypoint of the image is none');
	const {environment, workingDirectory, user} = containerProcess(given({environment: ['A=mine', 'B=', 'PATH'], workingDirectory: '/own', user: '5:6'}), image);
	t.deepEqual(environment, ['A=mine', 'B=']);
	t.is(workingDirectory, '/own');
	t.is(user, '5:6');
	t.deepEqual(mergeEnvironment(['A=1', 'B=2'], ['A=x=y']), ['A=x=y', 'B=2']);
});

test('exposed ports of both, lowest first', t => {
	t.deepEqual(exposedPorts(given({ports: [{hostAddress: '0.0.0.0', hostPort: 0, containerPort: 22, protocol: 'tcp'}, {hostAddress: '0.0.0.0', hostPort: 0, containerPort: 80, protocol: 'tcp'}]}), image), ['22/tcp', '53/udp', '80/tcp', '443/tcp']);
});

test('references: id, name, beginning of an id, in this order', t => {
	const things = new Map([
		['ab'.repeat(32), {id: 'ab'.repeat(32), name: 'cd'}],
		['cd'.repeat(32), {id: 'cd'.repeat(32), name: 'other'}],
		['ce'.repeat(32), {id: 'ce'.repeat(32), name: 'bridge'}],
	]);
	t.is(findContainer(things, 'cd').name, 'cd', 'a name goes before the beginning of an id');
	t.is(findContainer(things, '/other').name, 'other');
	t.is(findContainer(things, 'ab').name, 'cd');
	t.is(findContainer(things, 'cd'.repeat(32)).name, 'other');
	t.is(findNetwork(things, 'default').name, 'bridge');
	t.throws(() => findContainer(things, 'c'), {message: 'Multiple IDs found with provided prefix: c'});
	t.throws(() => findContainer(things, 'ff'), {message: 'No such container: ff'});
	t.throws(() => findContainer(things, ''), {message: 'No such container: '});
	t.throws(() => findContainer(things, 'a\u{1B}\nb'), {message: String.raw`No such container: a\u001b\nb`});
	t.throws(() => findNetwork(things, 'nope'), {message: 'network nope not found'});
	t.throws(() => findNetwork(things, 'c'), {message: 'network c is ambiguous (2 matches found)'});
});

test('restart policies', t => {
	const failed = {exitCode: 1, isStopped: false, restartCount: 0};
	const fine = {...failed, exitCode: 0};
	const policy = (name: ContainerConfiguration['restartPolicy']['name'], maximumRetryCount = 0) => ({name, maximumRetryCount});
	t.false(shouldRestart(policy('no'), failed));
	t.true(shouldRestart(policy('always'), fine) && shouldRestart(policy('unless-stopped'), failed));
	t.true(shouldRestart(policy('on-failure'), failed));
	t.false(shouldRestart(policy('on-failure'), fine));
	t.true(shouldRestart(policy('on-failure', 3), {...failed, restartCount: 2}));
	t.false(shouldRestart(policy('on-failure', 3), {...failed, restartCount: 3}));
	t.false(shouldRestart(policy('always'), {...failed, isStopped: true}));
	const stopped = {...failed, isStopped: true};
	t.deepEqual((['no', 'always', 'unless-stopped', 'on-failure'] as const).map(name => shouldStartAtBoot(policy(name), stopped)), [false, true, false, false]);
	t.deepEqual((['no', 'always', 'unless-stopped', 'on-failure'] as const).map(name => shouldStartAtBoot(policy(name), failed)), [false, true, true, true]);
	t.deepEqual([0, 1, 2, 9, 10, 1000].map(attempts => restartDelay(attempts)), [100, 200, 400, 51_200, 60_000, 60_000]);
});

test('signals by name and number', t => {
	t.is(signalNumber('SIGTERM'), 15);
	t.is(signalNumber('term'), 15);
	t.is(signalNumber('9'), 9);
	for (const signal of ['', '0', '65', 'SIGNOTHING', '-9', 'constructor', '__proto__']) {
		t.throws(() => signalNumber(signal), {message: /^Invalid signal/v}, signal);
	}
});

test('paths of mounts without slashes that mean nothing', t => {
	t.is(mountPath('//a///b/'), '/a/b');
	t.is(mountPath('/'), '/');
});

test('configurations that cannot be are refused, each for its reason', t => {
	const wrong: ReadonlyArray<readonly [Partial<ContainerConfiguration>, RegExp]> = [
		[{image: ''}, /image/v],
		[{name: 'no good'}, /name/v],
		[{hostname: '-x'}, /host name/v],
		[{hostname: 'a'.repeat(64)}, /host name/v],
		[{user: 'root;rm'}, /user/v],
		[{environment: ['=x']}, /environment/v],
		[{environment: ['']}, /environment/v],
		[{workingDirectory: 'x'}, /working directory/v],
		[{mounts: [{type: 'tmpfs', target: 'x', readOnly: false, options: []}]}, /absolute/v],
		[{mounts: [{type: 'tmpfs', target: '/a/../b', readOnly: false, options: []}]}, /mount/v],
		[{mounts: [{type: 'tmpfs', target: '//', readOnly: false, options: []}]}, /destination/v],
		[{mounts: [{type: 'tmpfs', target: '/a', readOnly: false, options: []}, {type: 'volume', source: 'v', target: '/a/', readOnly: false}]}, /Duplicate/v],
		[{mounts: [{type: 'bind', source: 'x', target: '/a', readOnly: false}]}, /absolute/v],
		[{ports: [{hostAddress: '0.0.0.0', hostPort: 1, containerPort: 0, protocol: 'tcp'}]}, /port/v],
		[{ports: [{hostAddress: '0.0.0.0', hostPort: 65_536, containerPort: 1, protocol: 'tcp'}]}, /65536/v],
		[{ports: [{hostAddress: 'localhost', hostPort: 1, containerPort: 1, protocol: 'tcp'}]}, /host address/v],
		[{ports: [1, 2].map(containerPort => ({hostAddress: '0.0.0.0', hostPort: 1, containerPort, protocol: 'tcp' as const}))}, /twice/v],
		[{cpus: 0.001}, /CPUs/v],
		[{cpus: 1, cpuQuota: 50_000}, /conflicting/v],
		[{cpuQuota: 999}, /quota/v],
		[{cpuPeriod: 2_000_000}, /period/v],
		[{cpuShares: 1}, /shares/v],
		[{cpusetCpus: '2-1'}, /cpuset/v],
		[{cpusetMemories: '1'}, /memory nodes/v],
		[{memoryReservation: 1024}, /reservation/v],
		[{memory: 1024 ** 3, memoryReservation: 2 * 1024 ** 3}, /reservation/v],
		[{memorySwap: 1024 ** 3}, /memoryswap/v],
		[{memory: 1024 ** 3, memorySwap: 1024 ** 2}, /memoryswap/v],
		[{shmSize: -1}, /shm/v],
		[{sysctls: {'net/../kernel': '1'}}, /sysctl/v],
		[{sysctls: {'net.core.somaxconn': '1\n2'}}, /sysctl/v],
		[{groups: ['a b']}, /group/v],
		[{securityOptions: ['apparmor=mine']}, /apparmor=mine/v],
		[{securityOptions: ['seccomp={}']}, /seccomp/v],
		[{pidsLimit: 0}, /processes/v],
		[{oomScoreAdjustment: 1001}, /oom score/v],
		[{domainName: 'a b'}, /domain/v],
		[{dnsOptions: ['ndots:1\nnameserver 1.1.1.1']}, /DNS option/v],
		[{exposedPorts: ['0/tcp']}, /exposed port/v],
		[{logging: {driver: 'json-file', options: {'max-size': 'much'}}}, /max-size/v],
		[{logging: {driver: 'json-file', options: {'max-file': '0'}}}, /max-file/v],
		[{ipcMode: 'host'}, /ipcMode/v],
		[{links: [':x']}, /link/v],
		[{volumesFrom: ['x:wide']}, /volumes-from/v],
		[{maskedPaths: ['proc']}, /path/v],
		[{consoleSize: {rows: 0, columns: 70_000}}, /console/v],
		[{cpus: 0}, /CPUs/v],
		[{memory: 6 * 1024 * 1024 - 1}, /memory/v],
		[{memory: NaN}, /memory/v],
		[{ulimits: [{name: 'nofile', soft: 2, hard: 1}]}, /ulimit/v],
		[{stopSignal: 'SIGNOTHING'}, /signal/v],
		[{restartPolicy: {name: 'sometimes' as 'no', maximumRetryCount: 0}}, /restart policy/v],
		[{restartPolicy: {name: 'always', maximumRetryCount: 1}}, /on-failure/v],
		[{restartPolicy: {name: 'on-failure', maximumRetryCount: -1}}, /retry/v],
		[{autoRemove: true, restartPolicy: {name: 'always', maximumRetryCount: 0}}, /AutoRemove/v],
		[{extraHosts: ['db']}, /add-host/v],
		[{extraHosts: ['db:nowhere']}, /add-host/v],
		[{dnsServers: ['dns.example']}, /name server/v],
		[{networks: [{network: 'a', aliases: []}, {network: 'a', aliases: []}]}, /twice/v],
		[{networks: [{network: 'bridge', aliases: []}, {network: 'default', aliases: []}]}, /twice/v],
		[{networks: [{network: 'a', aliases: []}, {network: 'none', aliases: []}]}, /none/v],
		[{networks: [{network: 'host', aliases: []}]}, /host/v],
		[{networks: [{network: 'container:x', aliases: []}]}, /container:x/v],
	];
	for (const [changes, message] of wrong) {
		t.throws(() => {
			validateContainer(given(changes));
		}, {message}, JSON.stringify(changes));
	}

	t.notThrows(() => {
		validateContainer(given({
			name: 'fine', hostname: 'a_b.b-c', user: '1000:www-data', environment: ['A=', 'B'], workingDirectory: '/', cpus: 4, memory: 512 * 1024 * 1024, extraHosts: ['db:10.0.0.1', 'me:host-gateway', 'six:::1'], dnsServers: ['1.1.1.1', '::1'], stopSignal: '15',
		}));
	});
});
