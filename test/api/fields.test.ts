import test, {type ExecutionContext} from 'ava';
import {createMemoryEngine} from '../../source/backends/memory/engine.js';
import {buildFields, simpleBuildFields} from '../../source/wire/decode/fields/build.js';
import {containerFields, endpointFields, hostFields} from '../../source/wire/decode/fields/container.js';
import {mountFields} from '../../source/wire/decode/fields/mounts.js';
import {networkFields} from '../../source/wire/decode/fields/network.js';
import {updateFields} from '../../source/wire/decode/fields/resources.js';
import type {FieldTable} from '../../source/wire/decode/fields/rule.js';
import {volumeFields} from '../../source/wire/decode/fields/volume.js';
import {fieldNames} from './field-names.js';
import {ask, post, serve, type Served} from './helpers/serve.js';

type Json = Readonly<Record<string, unknown>>;

const tables: Readonly<Record<keyof typeof fieldNames, FieldTable>> = {
	ContainerConfig: containerFields,
	HostConfig: hostFields,
	EndpointSettings: endpointFields,
	Resources: updateFields,
	Mount: mountFields,
	NetworkCreate: networkFields,
	VolumeCreate: volumeFields,
	ImageBuild: buildFields,
};

const open = async (t: ExecutionContext): Promise<Served> => {
	const engine = createMemoryEngine();
	t.teardown(engine.close);
	const served = await serve(t, engine);
	await engine.createNetwork({name: 'net', internal: false, labels: {}, driver: 'bridge'});
	await post(served, '/containers/create?name=other', {Image: 'alpine/bash', Volumes: {'/kept': {}}});
	return served;
};

type Created = {readonly Id: string; readonly Warnings: readonly string[]; readonly message?: string; readonly remedy?: string};

const create = async (served: Served, {HostConfig = {}, ...config}: {readonly HostConfig?: Json} & Json) => {
	const {status, json} = await post(served, '/containers/create', {Image: 'alpine/bash', ...config, HostConfig});
	return {status, ...json as Created};
};

type Inspected = {
	readonly Config: Json;
	readonly HostConfig: Json;
	readonly NetworkSettings: {readonly Networks: Readonly<Record<string, Json>>};
	readonly Mounts: readonly Json[];
};

const inspect = async (served: Served, id: string) =>
	(await ask(served, `/containers/${id}/json`)).json as Inspected;

test('every field of the published schema has a rule', t => {
	for (const [object, names] of Object.entries(fieldNames)) {
		const table = tables[object as keyof typeof tables];
		t.deepEqual(names.filter(name => !Object.hasOwn(table, name)), [], object);
		for (const [name, rule] of Object.entries(table)) {
			t.true(rule.support !== 'refused' || rule.remedy !== undefined, name);
			t.true(rule.isAffected === undefined || rule.support === 'hint' || rule.remedy !== undefined, name);
		}
	}
});

/** A value of each field, and the one that an inspected container has, if it is another. */
const honouredHost: Readonly<Record<string, readonly [given: unknown, inspected?: unknown]>> = {
	Annotations: [{a: 'b'}],
	AutoRemove: [true],
	Binds: [['named:/data:ro']],
	CapAdd: [['NET_ADMIN']],
	CapDrop: [['ALL']],
	CgroupnsMode: ['private'],
	ConsoleSize: [[40, 100]],
	ContainerIDFile: ['/tmp/id'],
	CpuPeriod: [50_000],
	CpuQuota: [20_000],
	CpuShares: [512],
	CpusetCpus: ['0'],
	CpusetMems: ['0'],
	Dns: [['9.9.9.9']],
	DnsOptions: [['ndots:2']],
	DnsSearch: [['example.test']],
	ExtraHosts: [['db:10.0.0.1']],
	GroupAdd: [['audio']],
	Init: [true],
	IpcMode: ['shareable'],
	Isolation: ['default'],
	Links: [['other:alias']],
	LogConfig: [{Type: 'local', Config: {'max-size': '1m', 'max-file': '2'}}],
	MaskedPaths: [['/proc/kcore']],
	Memory: [256 * 1024 ** 2],
	MemoryReservation: [64 * 1024 ** 2],
	MemorySwap: [-1],
	Mounts: [[{Type: 'volume', Source: 'named', Target: '/x', ReadOnly: true}]],
	NanoCpus: [500_000_000],
	NetworkMode: ['net'],
	OomScoreAdj: [-500],
	PidMode: ['private'],
	PidsLimit: [100],
	PortBindings: [{'80/tcp': [{HostIp: '127.0.0.1', HostPort: '8080'}]}],
	Privileged: [true],
	PublishAllPorts: [true],
	ReadonlyPaths: [[]],
	ReadonlyRootfs: [true],
	RestartPolicy: [{Name: 'on-failure', MaximumRetryCount: 3}],
	Runtime: ['runc'],
	SecurityOpt: [['no-new-privileges', 'seccomp=unconfined', 'apparmor=unconfined', 'label=disable']],
	ShmSize: [1024 ** 2],
	Sysctls: [{'net.core.somaxconn': '512'}],
	Tmpfs: [{'/tmp': 'size=1m'}],
	UTSMode: ['private', ''],
	Ulimits: [[{Name: 'nofile', Soft: -1, Hard: -1}]],
	UsernsMode: ['private', ''],
	VolumeDriver: ['local', ''],
	VolumesFrom: [['other:ro']],
};

const honouredConfig: Readonly<Record<string, readonly [given: unknown, inspected?: unknown]>> = {
	AttachStderr: [false],
	AttachStdin: [false],
	AttachStdout: [false],
	Cmd: [['true']],
	Domainname: ['example.test'],
	Entrypoint: [['/bin/sh']],
	Env: [['A=b']],
	ExposedPorts: [{'81/udp': {}}],
	Healthcheck: [{Test: ['CMD', 'true'], Interval: 2_000_000_000}],
	Hostname: ['islet'],
	Image: ['alpine/bash'],
	Labels: [{a: 'b'}],
	OpenStdin: [true],
	StdinOnce: [false],
	StopSignal: ['SIGINT'],
	StopTimeout: [3],
	Tty: [true],
	User: ['root'],
	WorkingDir: ['/srv'],
};

test('what is given for an honoured field is inspected', async t => {
	const served = await open(t);
	// Those that are no values of one field are below.
	t.deepEqual(Object.keys(hostFields).filter(name => hostFields[name]!.support === 'honoured' && !Object.hasOwn(honouredHost, name)), []);
	t.deepEqual(
		Object.keys(containerFields).filter(name => containerFields[name]!.support === 'honoured' && !Object.hasOwn(honouredConfig, name)),
		['MacAddress', 'NetworkDisabled', 'Runtime', 'Volumes', 'HostConfig', 'NetworkingConfig', 'Holm'],
	);
	for (const [field, [given, inspected = given]] of Object.entries(honouredHost)) {
		const others = field === 'CpuQuota' ? {} : (field === 'MemorySwap' ? {Memory: 256 * 1024 ** 2} : {});
		const {status, Id, Warnings, message} = await create(served, {HostConfig: {...others, [field]: given}});
		t.is(status, 201, `${field}: ${message}`);
		t.deepEqual(Warnings, [], field);
		const {HostConfig} = await inspect(served, Id);
		const found = field === 'Mounts' ? (HostConfig.Mounts as readonly Json[]).map(({BindOptions, ...mount}) => mount) : HostConfig[field];
		t.deepEqual(found, inspected, field);
	}

	for (const [field, [given, inspected = given]] of Object.entries(honouredConfig)) {
		const {status, Id, message} = await create(served, {...field === 'StdinOnce' && {OpenStdin: true}, [field]: given});
		t.is(status, 201, `${field}: ${message}`);
		const {Config} = await inspect(served, Id);
		const found = field === 'Labels' || field === 'ExposedPorts'
			? Object.fromEntries(Object.entries(Config[field] as Json).filter(([key]) => Object.hasOwn(given as Json, key)))
			: (field === 'Env' ? (Config.Env as readonly string[]).filter(variable => variable === 'A=b') : Config[field]);
		t.deepEqual(found, inspected, field);
	}
});

test('the case of a field\'s name does not matter, also where it is refused', async t => {
	const served = await open(t);
	const {status, Id, Warnings} = await create(served, {openStdin: true, labels: {Of: 'x'}, HostConfig: {memory: 64 * 1024 ** 2, restartpolicy: {name: 'always'}}});
	t.is(status, 201);
	t.deepEqual(Warnings, []);
	const {Config, HostConfig} = await inspect(served, Id);
	t.like(Config, {OpenStdin: true, Labels: {Of: 'x'}});
	t.like(HostConfig, {Memory: 64 * 1024 ** 2, RestartPolicy: {Name: 'always'}});
	t.is((await create(served, {HostConfig: {pidmode: 'host'}})).status, 501);
});

test('a log driver that does not exist, and a runtime beside the host configuration', async t => {
	const served = await open(t);
	const unknown = await create(served, {HostConfig: {LogConfig: {Type: 'as\ndf'}}});
	t.deepEqual([unknown.status, unknown.message], [400, String.raw`logger: no log driver named 'as\ndf' is registered`]);
	t.regex((await create(served, {Runtime: 'kata'})).message!, /^Runtime=kata is not supported/v);
	for (const [given, runtime] of [[{}, 'holm'], [{Runtime: 'runc'}, 'runc'], [{Runtime: 'runc', HostConfig: {Runtime: 'crun'}}, 'crun']] as const) {
		t.is((await inspect(served, (await create(served, given)).Id)).HostConfig.Runtime, runtime);
	}
});

test('networks of a container: none, its addresses, its links', async t => {
	const served = await open(t);
	const {Id: alone} = await create(served, {NetworkDisabled: true});
	t.deepEqual((await inspect(served, alone)).NetworkSettings.Networks, {});
	const endpoint = {IPAMConfig: {IPv4Address: '192.168.65.77'}, MacAddress: '02:00:00:00:00:01', Aliases: ['web'], Links: ['other:db']};
	const subnet = ((await ask(served, '/networks/net')).json as {IPAM: {Config: ReadonlyArray<{Subnet: string}>}}).IPAM.Config[0]!.Subnet;
	const address = `${subnet.split('.').slice(0, 3).join('.')}.77`;
	const {Id, message} = await create(served, {HostConfig: {NetworkMode: 'net'}, NetworkingConfig: {EndpointsConfig: {net: {...endpoint, IPAMConfig: {IPv4Address: address}}}}});
	t.is(message, undefined);
	const {NetworkSettings, HostConfig} = await inspect(served, Id);
	t.like(NetworkSettings.Networks.net, {IPAMConfig: {IPv4Address: address}, MacAddress: '02:00:00:00:00:01', Aliases: ['web']});
	t.deepEqual([HostConfig.Links, NetworkSettings.Networks.net!.Links], [null, ['other:db']]);
	const {Id: linked} = await create(served, {NetworkingConfig: {EndpointsConfig: {bridge: {Links: ['/other:/me/db']}}}});
	const {HostConfig: {Links}, NetworkSettings: {Networks: {bridge}}} = await inspect(served, linked);
	t.deepEqual([Links, bridge!.Links], [['other:db'], null]);
	const {Id: other} = await create(served, {Volumes: {'/anonymous': {}}, MacAddress: '02:00:00:00:00:09'});
	const inspected = await inspect(served, other);
	t.deepEqual(inspected.Config.Volumes, {'/anonymous': {}});
	t.like(Object.values(inspected.NetworkSettings.Networks)[0], {MacAddress: '02:00:00:00:00:09'});
	t.is((await create(served, {HostConfig: {Links: ['nobody']}})).status, 400);
	t.is((await create(served, {HostConfig: {VolumesFrom: ['nobody']}})).status, 400);
	const {Id: inheriting} = await create(served, {HostConfig: {VolumesFrom: ['other:ro']}});
	t.like((await inspect(served, inheriting)).Mounts.find(({Destination}) => Destination === '/kept'), {Type: 'volume', RW: false});
});

/** Values that are refused; of the others any value is. */
const refusedHost: Json = {
	CgroupnsMode: 'none', CpusetMems: '1', IpcMode: 'host', Isolation: 'hyperv', LogConfig: {Type: 'syslog'}, NetworkMode: 'container:other', PidMode: 'container:other', Runtime: 'kata',
	SecurityOpt: ['apparmor=own'], UTSMode: 'none', UsernsMode: 'host', VolumeDriver: 'nfs',
};

test('a refused value is answered by 501, its field and a remedy, and several by all of their fields', async t => {
	const served = await open(t);
	const refused = Object.entries(hostFields).filter(([name, {support, isAffected}]) => support === 'refused' || (support === 'honoured' && isAffected) || Object.hasOwn(refusedHost, name)).map(([name]) => name);
	t.deepEqual(Object.keys(refusedHost).filter(name => !refused.includes(name)), []);
	const values = Object.fromEntries(refused.map(name => [name, refusedHost[name] ?? 7]));
	for (const [name, value] of Object.entries(values)) {
		const {status, message = '', remedy} = await create(served, {HostConfig: {[name]: value}});
		t.is(status, 501, `${name}: ${message}`);
		t.true(message.startsWith(`HostConfig.${name}`), message);
		t.true(remedy !== undefined && remedy !== '', name);
	}

	const whole = await create(served, {HostConfig: values});
	t.is(whole.status, 501);
	t.true(whole.message!.startsWith(`${refused.length} settings are not supported: `), whole.message);
	t.deepEqual(refused.filter(name => !whole.message!.includes(`HostConfig.${name}`)), []);
	t.is((await post(served, '/volumes/create', {Name: 'again', Mountpoint: '/srv', Scope: 'local'})).status, 201, 'results of an inspect may come back');
	const foreign = await create(served, {HostConfig: {Mounts: [{Type: 'volume', Source: 'named', Target: '/x', VolumeOptions: {DriverConfig: {Name: 'nfs'}}}]}});
	t.is(foreign.status, 501);
	t.regex(foreign.message!, /^HostConfig\.Mounts\.VolumeOptions\.DriverConfig\.Name=nfs is not supported: /v);
	for (const [path, body, name] of [
		['/networks/create', {Name: 'n', EnableIPv6: true}, 'EnableIPv6'],
		['/networks/create', {Name: 'n', IPAM: {Config: [{Subnet: '10.1.0.0/24'}, {Subnet: '10.2.0.0/24'}]}}, 'IPAM.Config'],
		['/networks/create', {Name: 'n', IPAM: {Config: [{Subnet: 'fd00::/64'}]}}, 'IPAM.Config.Subnet'],
		['/networks/create', {Name: 'n', IPAM: {Driver: 'dhcp'}}, 'IPAM.Driver'],
		['/networks/create', {Name: 'n', Driver: 'overlay'}, 'Driver'],
		['/networks/create', {Name: 'n', Options: {'com.docker.network.bridge.name': 'br0'}}, 'Options.com.docker.network.bridge.name'],
		['/networks/create', {Name: 'n', Options: {parent: 'eth0'}}, 'Options'],
		['/networks/create', {Name: 'n', ConfigFrom: {Network: 'x'}}, 'ConfigFrom'],
		['/networks/net/connect', {Container: 'other', EndpointConfig: {DriverOpts: {'com.docker.network.endpoint.ifname': 'a'}}}, 'DriverOpts'],
		['/networks/net/connect', {Container: 'other', EndpointConfig: {IPAMConfig: {IPv6Address: 'fd00::1'}}}, 'IPAMConfig.IPv6Address'],
		['/networks/net/connect', {Container: 'other', EndpointConfig: {Novelty: 1}}, 'Novelty'],
		['/networks/net/connect', {Container: 'other', Novelty: 1}, 'Novelty'],
		['/volumes/create', {DriverOptions: {type: 'tmpfs'}}, 'DriverOptions'],
		['/volumes/create', {Driver: 'nfs'}, 'Driver'],
		['/volumes/create', {ClusterVolumeSpec: {Group: 'x'}}, 'ClusterVolumeSpec'],
		['/containers/other/update', {Ulimits: [{Name: 'nofile', Soft: 1, Hard: 1}]}, 'Ulimits'],
	] as const) {
		const {status, json} = await post(served, path, body);
		const {message = '', remedy} = json as {readonly message?: string; readonly remedy?: string};
		t.is(status, 501, `${path} ${JSON.stringify(body)}: ${message}`);
		t.true(message.startsWith(name) && message.includes(' is not supported: '), message);
		t.true(remedy !== undefined && remedy !== '', name);
	}

	const parameters = Object.entries(simpleBuildFields).filter(([, {support, isAffected}]) => support !== 'hint' && isAffected?.('2') === true);
	t.true(parameters.length > 15);
	for (const [name] of parameters) {
		const {status, json} = await ask(served, `/build?${name}=2`, {method: 'POST'});
		t.is(status, 501, name);
		t.regex((json as {readonly remedy: string}).remedy, /./v, name);
	}
});

test('values of the wrong type, and sizes that no tmpfs can have, are invalid', async t => {
	const served = await open(t);
	const tmpfs = (TmpfsOptions: Json) => ({Mounts: [{Type: 'tmpfs', Target: '/t', TmpfsOptions}]});
	const modes = ['UTSMode', 'UsernsMode', 'PidMode', 'CgroupnsMode', 'IpcMode', 'Isolation', 'VolumeDriver', 'Runtime'];
	for (const HostConfig of [
		...modes.flatMap(name => [5, ['host'], {a: 'b'}].map(value => ({[name]: value}))),
		...[-1, 1e308, 0.5].flatMap(value => [tmpfs({SizeBytes: value}), tmpfs({Mode: value})]),
		tmpfs({Mode: 0o7777 + 1}),
	]) {
		const {status, message} = await create(served, {HostConfig});
		t.is(status, 400, `${JSON.stringify(HostConfig)}: ${message}`);
	}

	// What clients in Go could not read again.
	for (const config of [{StopTimeout: 0.5}, {StopTimeout: 1e308}, {Healthcheck: {Interval: 1e20}}, {Healthcheck: {Retries: 1e30}}]) {
		const {status, message} = await create(served, config);
		t.is(status, 400, `${JSON.stringify(config)}: ${message}`);
	}

	t.is((await create(served, {HostConfig: tmpfs({SizeBytes: 0, Mode: 0o7777})})).status, 201);
});

test('a hint and an unknown field yield warnings', async t => {
	const served = await open(t);
	const hints = Object.entries(hostFields).filter(([, {support}]) => support === 'hint').map(([name]) => name);
	const {status, Warnings} = await create(served, {
		OnBuild: ['RUN x'],
		Shell: ['/bin/sh'],
		ArgsEscaped: true,
		HostConfig: {
			...Object.fromEntries(hints.map(name => [name, 7])), Memory: 64 * 1024 ** 2, MemorySwap: 128 * 1024 ** 2, Novelty: true, LogConfig: {Config: {tag: 'x'}}, RestartPolicy: {Name: 'no', Novel: 1}, Ulimits: [{Name: 'core', Soft: 1, Hard: 1, Novel: 1}],
		},
	});
	t.is(status, 201);
	for (const name of [...hints, 'MemorySwap', 'Novelty', 'LogConfig.Config.tag', 'RestartPolicy.Novel', 'Ulimits.Novel']) {
		t.true(Warnings.some(warning => warning.startsWith(`HostConfig.${name} has no effect: `)), name);
	}

	const misspelt = await create(served, {Healthcheck: {Test: ['CMD', 'true'], Intervall: 7}, HostConfig: {RestartPolicy: {Name: 'always', MaximumRetries: 7}}});
	t.deepEqual(misspelt.Warnings, [
		'Healthcheck.Intervall has no effect: the engine does not know it', 'HostConfig.RestartPolicy.MaximumRetries has no effect: the engine does not know it',
	]);
	for (const name of ['OnBuild', 'Shell', 'ArgsEscaped']) {
		t.true(Warnings.some(warning => warning.startsWith(`${name} has no effect: `)), name);
	}

	const network = await post(served, '/networks/create', {Name: 'wide', Attachable: true, Options: {'com.docker.network.driver.mtu': '1400', 'com.docker.network.bridge.enable_icc': 'true'}});
	t.regex((network.json as {Warning: string}).Warning, /^Attachable has no effect: /v);
	const {json} = await ask(served, '/networks/wide');
	t.deepEqual((json as {Options: unknown}).Options, {'com.docker.network.driver.mtu': '1400', 'com.docker.network.bridge.enable_icc': 'true'});
});

test('of many unknown fields, the first few are named', async t => {
	const served = await open(t);
	const many = Object.fromEntries(Array.from({length: 50_000}, (_, index) => [`Novel${index}`, 1]));
	const {status, Warnings} = await create(served, {...many, OnBuild: ['RUN x'], HostConfig: {Memory: 256 * 1024 ** 2}});
	t.is(status, 201);
	t.deepEqual(Warnings, [
		...Array.from({length: 8}, (_, index) => `Novel${index} has no effect: the engine does not know it`),
		'OnBuild has no effect: it belongs to images; commit can change it',
		'49992 more fields have no effect',
	]);
	const refused = await post(served, '/volumes/create', {Name: 'wide', ...many});
	t.is(refused.status, 501);
	t.regex((refused.json as {message: string}).message, /^50000 settings are not supported: Novel0 \(.* Novel7 \(the engine does not know it\), and 49992 more /v);
});

/** What `docker create -it alpine` of Docker 28 sends, beside the image. */
const fromDocker = {
	Hostname: '', Domainname: '', User: '', AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true, OpenStdin: true, StdinOnce: true, Env: null, Cmd: null, Volumes: {},
	WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: {},
	HostConfig: {
		Binds: null, ContainerIDFile: '', LogConfig: {Type: '', Config: {}}, NetworkMode: 'default', PortBindings: {}, RestartPolicy: {Name: 'no', MaximumRetryCount: 0}, AutoRemove: false,
		VolumeDriver: '', VolumesFrom: null, ConsoleSize: [0, 0], CapAdd: null, CapDrop: null, CgroupnsMode: '', Dns: [], DnsOptions: [], DnsSearch: [], ExtraHosts: null, GroupAdd: null,
		IpcMode: '', Cgroup: '', Links: null, OomScoreAdj: 0, PidMode: '', Privileged: false, PublishAllPorts: false, ReadonlyRootfs: false, SecurityOpt: null, UTSMode: '', UsernsMode: '',
		ShmSize: 0, Isolation: '', CpuShares: 0, Memory: 0, NanoCpus: 0, CgroupParent: '', BlkioWeight: 0, BlkioWeightDevice: [], BlkioDeviceReadBps: [], BlkioDeviceWriteBps: [],
		BlkioDeviceReadIOps: [], BlkioDeviceWriteIOps: [], CpuPeriod: 0, CpuQuota: 0, CpuRealtimePeriod: 0, CpuRealtimeRuntime: 0, CpusetCpus: '', CpusetMems: '', Devices: [],
		DeviceCgroupRules: null, DeviceRequests: null, KernelMemory: 0, MemoryReservation: 0, MemorySwap: 0,
		MemorySwappiness: -1, OomKillDisable: false, PidsLimit: 0, Ulimits: [],
		CpuCount: 0, CpuPercent: 0, IOMaximumIOps: 0, IOMaximumBandwidth: 0, MaskedPaths: null, ReadonlyPaths: null,
	},
	NetworkingConfig: {
		EndpointsConfig: {
			default: {
				IPAMConfig: null, Links: null, Aliases: null, MacAddress: '', DriverOpts: null, GwPriority: 0, NetworkID: '', EndpointID: '', Gateway: '', IPAddress: '', IPPrefixLen: 0,
				IPv6Gateway: '', GlobalIPv6Address: '', GlobalIPv6PrefixLen: 0, DNSNames: null,
			},
		},
	},
};

test('the empty values that Docker\'s clients send are none', async t => {
	const served = await open(t);
	const {status, Warnings, Id} = await create(served, fromDocker);
	t.is(status, 201);
	t.deepEqual(Warnings, []);
	const {HostConfig} = await inspect(served, Id);
	t.deepEqual(fieldNames.HostConfig.filter(name => !Object.hasOwn(HostConfig, name)), []);
	t.like(HostConfig, {ShmSize: 67_108_864, IpcMode: 'private', PidsLimit: null, LogConfig: {Type: 'json-file', Config: {}}, NetworkMode: 'default'});
	const {Id: plain} = await create(served, {Tty: true, OpenStdin: true});
	t.deepEqual((await inspect(served, plain)).HostConfig, HostConfig);
	const network = await post(served, '/networks/create', {
		Driver: 'bridge', Scope: '', IPAM: {Driver: 'default', Options: {}, Config: []}, Internal: false, Attachable: false, Ingress: false, ConfigOnly: false, ConfigFrom: null, Options: {}, Labels: {}, Name: 'wide',
	});
	t.is(network.status, 201);
	t.is((network.json as {Warning: string}).Warning, '');
	t.is((await post(served, '/volumes/create', {Driver: 'local', Name: 'vol', DriverOpts: {}})).status, 201);
	// What Docker 20.10 and docker-py put into the query of a build; the context is empty.
	const zero = Object.fromEntries(['cpuperiod', 'cpuquota', 'cpushares', 'memory', 'memswap', 'shmsize'].map(name => [name, '0']));
	const empty = Object.fromEntries(['cgroupparent', 'cpusetcpus', 'cpusetmems', 'target'].map(name => [name, '']));
	const given = {
		buildargs: '{}', cachefrom: '[]', dockerfile: 'Dockerfile', labels: '{}', networkmode: 'default', rm: '1', ulimits: 'null', version: '1',
	};
	const fromPython = {q: 'False', nocache: 'False', squash: 'False'};
	const query = new URLSearchParams({...zero, ...empty, ...given, ...fromPython}).toString();
	const {status: built, body} = await ask(served, `/build?${query}`, {method: 'POST', headers: {'Content-Type': 'application/x-tar'}, body: new Uint8Array(1024)});
	t.not(built, 501);
	t.false(body.toString().includes('[Warning]'), body.toString());
});
