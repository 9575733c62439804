import test from 'ava';
import type {ContainerConfiguration} from '../../source/engine/resources.js';
import {containerFlags} from '../../source/flags/container-flags.js';
import {configurationOf, type ContainerFlags} from '../../source/flags/configuration.js';
import {parseArguments} from '../../source/flags/parse-arguments.js';
import {configuration} from '../engine/resources.js';

const parse = (...argv: readonly string[]): ContainerConfiguration => {
	const {flags, input} = parseArguments(argv, {flags: containerFlags, flagsEndAtFirstArgument: true}, 'run');
	return configurationOf(flags as unknown as ContainerFlags, input, {
		environment: {HOME: '/root', EMPTY: ''}, workingDirectory: '/work/here', variables: [], labels: [],
	});
};

// Undefined and absent are the same, and so is the order.
const sorted = (_key: string, value: unknown): unknown => value && typeof value === 'object' && !Array.isArray(value)
	? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b)))
	: value;

const refuses = (argv: readonly string[]) => {
	try {
		parse(...argv, 'alpine');
	} catch (error) {
		return (error as Error).message;
	}

	return 'accepted';
};

test('an image alone', t => {
	t.is(JSON.stringify(parse('alpine'), sorted), JSON.stringify(configuration({image: 'alpine'}), sorted));
});

test('the database of the tutorial', t => {
	t.like(parse('--network', 'myapp-net', '--name', 'my-redis-db', 'redis:alpine'), {
		image: 'redis:alpine', name: 'my-redis-db', networks: [{network: 'myapp-net', aliases: []}],
	});
});

test('the web application of the tutorial', t => {
	t.like(parse('--network', 'myapp-net', '--name', 'my-web', '-p', '8000:8000', '-e', 'REDIS_HOST=my-redis-db', 'my-web-app'), {
		image: 'my-web-app',
		ports: [{
			hostAddress: '', hostPort: 8000, containerPort: 8000, protocol: 'tcp',
		}],
		environment: ['REDIS_HOST=my-redis-db'],
	});
});

test('the tester of the tutorial', t => {
	t.like(parse('--network', 'myapp-net', '--name', 'temp-tester', '-it', '--rm', 'alpine/bash'), {
		terminal: true, openStdin: true, autoRemove: true, command: [],
	});
});

test('everything after the image is the command', t => {
	t.deepEqual(parse('alpine', 'sh', '-c', 'echo $HOME', '--rm').command, ['sh', '-c', 'echo $HOME', '--rm']);
});

test('every flag arrives', t => {
	const flags = [
		'--entrypoint /bin/sh -w /srv -u 1000:1000 -h web --add-host db:host-gateway --dns 1.1.1.1 --dns-search lan -l tier=db -l flag',
		'--cpus 1.5 -m 1g --read-only --cap-add CAP_NET_ADMIN --cap-drop all --privileged --ulimit nofile=10:20 --init',
		'--stop-signal int --stop-timeout 3 --restart on-failure:4 --platform linux/amd64 --kernel ./vmlinuz -P',
	];
	t.like(parse(...flags.join(' ').split(' '), 'x'), {
		entrypoint: ['/bin/sh'], workingDirectory: '/srv', user: '1000:1000', hostname: 'web', extraHosts: ['db:host-gateway'], dnsServers: ['1.1.1.1'], dnsSearch: ['lan'],
		labels: {tier: 'db', flag: ''}, cpus: 1.5, memory: 1024 ** 3, readOnlyRoot: true, capabilitiesToAdd: ['NET_ADMIN'], capabilitiesToDrop: ['ALL'], privileged: true,
		ulimits: [{name: 'nofile', soft: 10, hard: 20}], init: true, stopSignal: 'SIGINT', stopTimeoutSeconds: 3,
		restartPolicy: {name: 'on-failure', maximumRetryCount: 4}, platform: 'linux/amd64', kernel: '/work/here/vmlinuz', publishAll: true,
	});
	t.deepEqual(parse('--entrypoint', '', 'x').entrypoint, []);
});

test('a health check, its settings alone, and none', t => {
	t.deepEqual(parse('--health-cmd', 'curl localhost || exit 1', '--health-interval', '1m30s', '--health-timeout', '500ms', '--health-retries', '2', '--health-start-period', '0', '--health-start-interval', '1.5s', 'x').healthcheck, {
		test: ['CMD-SHELL', 'curl localhost || exit 1'], intervalMs: 90_000, timeoutMs: 500, retries: 2, startPeriodMs: 0, startIntervalMs: 1500,
	});
	t.like(parse('--health-retries', '2', 'x').healthcheck, {test: [], retries: 2, intervalMs: undefined});
	t.deepEqual(parse('--no-healthcheck', 'x').healthcheck, {test: ['NONE']});
	t.is(parse('x').healthcheck, undefined);
	t.is(refuses(['--no-healthcheck', '--health-cmd', 'x']), '--no-healthcheck conflicts with --health-* options');
	t.is(refuses(['--health-interval', '-1s']), 'invalid duration "-1s" for --health-interval');
	t.is(refuses(['--health-timeout', '30']), 'invalid duration "30" for --health-timeout');
	t.is(refuses(['--health-retries', '1.5']), 'invalid value "1.5" for --health-retries');
});

test('variables come from the command line, or by name from the caller', t => {
	t.deepEqual(parse('-e', 'A=1', '-e', 'HOME', '-e', 'UNSET', '-e', 'EMPTY', '-e', 'A=2', 'x').environment, ['A=2', 'HOME=/root', 'EMPTY=']);
	t.is(refuses(['-e', '=x']), 'invalid environment variable "=x"');
});

test('mounts', t => {
	const {mounts} = parse(
		'-v', '/a:/b:ro', '-v', './data:/c', '-v', 'named:/d', '-v', '/e', '--tmpfs', '/f:size=64m,ro', '--mount', 'type=bind,src=/g,dst=/h,readonly', '--mount', 'target=/i', 'x',
	);
	t.deepEqual(mounts, [
		{
			type: 'bind', source: '/a', target: '/b', readOnly: true, createSource: true,
		},
		{
			type: 'bind', source: '/work/here/data', target: '/c', readOnly: false, createSource: true,
		},
		{
			type: 'volume', source: 'named', target: '/d', readOnly: false,
		},
		{
			type: 'volume', source: '', target: '/e', readOnly: false,
		},
		{
			type: 'bind', source: '/g', target: '/h', readOnly: true,
		},
		{
			type: 'volume', source: '', target: '/i', readOnly: false,
		},
		{
			type: 'tmpfs', target: '/f', readOnly: true, options: ['size=64m'],
		},
	]);
	t.deepEqual(parse('-v', 'a:/b:nocopy,ro', '--mount', 'src=c,dst=/d,volume-nocopy,volume-subpath=e/f', 'x').mounts, [
		{
			type: 'volume', source: 'a', target: '/b', readOnly: true, noCopy: true,
		},
		{
			type: 'volume', source: 'c', target: '/d', readOnly: false, noCopy: true, subpath: 'e/f',
		},
	]);
	t.is(refuses(['-v', '/a:b']), 'invalid value "/a:b" for -v: "b" is not an absolute path');
	t.is(refuses(['-v', '/a:/']), 'invalid value "/a:/" for -v: nothing can be mounted on /');
	t.is(refuses(['-v', '/a:/b:rx']), 'invalid value "/a:/b:rx" for -v: unknown option "rx"');
	t.is(refuses(['-v', 'a b:/c']), 'invalid volume name "a b"');
	t.is(refuses(['-v', '/a:/b', '--tmpfs', '/b/']), 'duplicate mount point: /b');
	t.is(refuses(['--mount', 'type=nfs,target=/a']), 'invalid value "type=nfs,target=/a" for --mount: unknown type "nfs"');
});

test('networks with addresses and aliases', t => {
	t.deepEqual(parse('--network', 'a,ip=10.0.0.5,mac=02-42-AC-11-00-02,alias=x,alias=y', '--net', 'name=b', '--network-alias', 'z', 'x').networks, [
		{
			network: 'a', address: '10.0.0.5', mac: '02:42:ac:11:00:02', aliases: ['x', 'y', 'z'],
		},
		{network: 'b', aliases: []},
	]);
	t.deepEqual(parse('--ip', '192.168.64.9', 'x').networks, [{network: 'bridge', address: '192.168.64.9', aliases: []}]);
	t.is(refuses(['--network', 'a,foo=1']), 'invalid value "a,foo=1" for --network: "foo=1"');
	t.is(refuses(['--network', 'a,constructor=1']), 'invalid value "a,constructor=1" for --network: "constructor=1"');
	t.is(refuses(['--ip', '300.1.1.1']), 'invalid address "300.1.1.1" for --ip');
	t.is(refuses(['--mac-address', '03:42:ac:11:00:02']), 'invalid MAC address "03:42:ac:11:00:02" for --mac-address');
	t.is(refuses(['--network', 'a', '--network', 'a']), 'network a is given twice');
	t.is(refuses(['--network', 'none', '--network', 'a']), 'the network none cannot be combined with others');
	t.regex(refuses(['--network', 'host']), /cannot share the host's network/v);
	t.regex(refuses(['--network', 'container:web']), /cannot share another's/v);
});

test('what makes no sense is refused with the value', t => {
	t.is(refuses(['--name', '-x']), 'invalid container name "-x"');
	t.is(refuses(['--name', 'a/b']), 'invalid container name "a/b"');
	t.is(refuses(['-w', 'srv']), 'invalid value "srv" for --workdir');
	t.is(refuses(['--cpus', '0']), 'invalid value "0" for --cpus');
	t.is(refuses(['-m', 'lots']), 'invalid size "lots" for --memory');
	t.is(refuses(['--hostname', 'a_b!']), 'invalid host name "a_b!"');
	t.is(refuses(['--restart', 'sometimes']), 'invalid restart policy "sometimes"');
	t.is(refuses(['--rm', '--restart', 'always']), 'conflicting flags --rm and --restart');
	t.is(refuses(['--stop-signal', 'SIGFOO']), 'invalid signal "SIGFOO" for --stop-signal');
	t.is(refuses(['--ulimit', 'nofile=20:10']), 'invalid value "nofile=20:10" for --ulimit: the soft limit is above the hard one');
	t.is(refuses(['--ulimit', 'files=1']), 'invalid value "files=1" for --ulimit');
	t.is(refuses(['--add-host', 'db']), 'invalid value "db" for --add-host');
	t.is(refuses(['-l', '=x']), 'invalid label "=x" for --label');
});
