import test, {type ExecutionContext} from 'ava';
import {decodeContainer} from '../../source/wire/decode/container.js';
import {decodeContainerItem} from '../../source/wire/decode/container-list.js';
import {decodeCreateContainer} from '../../source/wire/decode/create.js';
import {decodeRegistryAuth, decodeRegistryConfig} from '../../source/wire/decode/credentials.js';
import {decodeError, decodeProgress} from '../../source/wire/decode/error.js';
import {decodeCreateExec, decodeExec} from '../../source/wire/decode/exec.js';
import {decodeHistory, decodeImage, decodeImageItem} from '../../source/wire/decode/image.js';
import {decodeConnect, decodeCreateNetwork, decodeDnsRecord, decodeNetwork} from '../../source/wire/decode/network.js';
import {decodePathStatus} from '../../source/wire/decode/path.js';
import {decodeStats} from '../../source/wire/decode/stats.js';
import {decodeEvent} from '../../source/wire/decode/event.js';
import {decodeDiskUsage, decodeInfo, decodeSnapshot, decodeVersion} from '../../source/wire/decode/system.js';
import {decodeEnding, decodePruned, decodePrunedImages, decodeRemovedImage, decodeTop} from '../../source/wire/decode/verbs.js';
import {decodeVolume} from '../../source/wire/decode/volume.js';
import {encodeContainer} from '../../source/wire/encode/container.js';
import {encodeContainerItem} from '../../source/wire/encode/container-list.js';
import {encodeCreateContainer} from '../../source/wire/encode/create.js';
import {encodeRegistryAuth, encodeRegistryConfig} from '../../source/wire/encode/credentials.js';
import {encodeCreateExec, encodeExec} from '../../source/wire/encode/exec.js';
import {encodeHistory, encodeImage, encodeImageItem} from '../../source/wire/encode/image.js';
import {encodeConnect, encodeCreateNetwork, encodeDnsRecord, encodeNetwork} from '../../source/wire/encode/network.js';
import {encodePathStatus} from '../../source/wire/encode/path.js';
import {encodeError, encodeProgress, encodeProgressError} from '../../source/wire/encode/progress.js';
import {encodeStats} from '../../source/wire/encode/stats.js';
import {encodeDiskUsage, encodeEvent, encodeInfo, encodeSnapshot, encodeVersion} from '../../source/wire/encode/system.js';
import {encodeEnding, encodePruned, encodePrunedImages, encodeRemovedImage, encodeTop, encodeWaitError} from '../../source/wire/encode/verbs.js';
import {encodeVolume} from '../../source/wire/encode/volume.js';
import {fieldsOf, fieldsOfList} from '../../source/wire/fields.js';
import {fromGoMode, toGoMode} from '../../source/wire/file-modes.js';
import {HolmError, type ErrorCode} from '../../source/engine/errors.js';
import type {ContainerStatus, Exit, Image, NetworkConfiguration} from '../../source/engine/resources.js';
import {
	configuration,
	container,
	fullConfiguration,
	fullContainer,
	image,
	network,
	noon,
	stats,
	volume,
} from '../engine/resources.js';

/** What arrives of a value: fields that are undefined do not. */
const sent = (value: unknown): unknown => {
	const text = JSON.stringify(value);
	return JSON.parse(text) as unknown;
};

/** Without a backend's own description, which is not the resource's. */
const plain = (value: unknown): unknown => {
	const text = JSON.stringify(value, (key, item: unknown) => key === 'source' && typeof item === 'object' ? undefined : item);
	return JSON.parse(text) as unknown;
};

const returns = <Value>(t: ExecutionContext, value: Value, encode: (value: Value) => unknown, decode: (json: unknown) => unknown) => {
	t.deepEqual(plain(decode(sent(encode(value)))), plain(value));
};

test('what is asked of a container arrives', t => {
	for (const wanted of [
		configuration(),
		fullConfiguration,
		configuration({entrypoint: []}),
		configuration({entrypoint: ['sh']}),
		configuration({networks: [{network: 'none', aliases: []}]}),
		configuration({networks: [{network: 'bridge', aliases: []}]}),
		configuration({networks: [{network: 'default', aliases: ['x']}]}),
		configuration({networks: [{network: 'a', aliases: []}, {network: 'b', mac: '02:00:00:00:00:01', aliases: ['c']}]}),
		configuration({ports: ['127.0.0.1', '127.0.0.2'].map(hostAddress => ({hostAddress, hostPort: 80, containerPort: 80, protocol: 'tcp'}))}),
		configuration({mounts: [{type: 'tmpfs', target: '/x', readOnly: false, options: []}]}),
		configuration({restartPolicy: {name: 'unless-stopped', maximumRetryCount: 0}}),
		configuration({stopTimeoutSeconds: 0}),
		configuration({healthcheck: {test: ['NONE']}}),
		configuration({healthcheck: {test: [], retries: 2}}),
	]) {
		returns(t, wanted, encodeCreateContainer, json => decodeCreateContainer(fieldsOf(json)).configuration);
	}
});

const statuses: readonly ContainerStatus[] = [
	{state: 'created'},
	{state: 'running', pid: 42, startedAt: noon},
	{state: 'paused', pid: 42, startedAt: noon},
	{state: 'restarting', exitCode: 1, finishedAt: noon},
	{state: 'exited', exitCode: 137, reason: 'out of memory', outOfMemory: true, startedAt: noon, finishedAt: noon + 1},
	{state: 'exited', exitCode: 0, outOfMemory: false, startedAt: 0, finishedAt: noon},
];

test('containers arrive whole, alone and in a list', t => {
	for (const status of statuses) {
		for (const given of [container({status}), {...fullContainer, status}]) {
			returns(t, given, encodeContainer, decodeContainer);
			returns(t, given, item => encodeContainerItem(item, {detail: true}), json => decodeContainerItem(json));
		}
	}
});

const exits: readonly Exit[] = [
	{at: noon, exitCode: 0, cause: {kind: 'process'}, startedAt: noon, memoryPeakBytes: 7, memoryLimitBytes: 9},
	{at: noon, exitCode: 143, cause: {kind: 'request', verb: 'stop', signal: 15, by: 'holm (user ann)'}, startedAt: noon},
	{at: noon, exitCode: 137, cause: {kind: 'request', verb: 'remove', signal: 9}, startedAt: noon},
	{at: noon, exitCode: 137, cause: {kind: 'engine'}, startedAt: noon},
	{at: noon, exitCode: 137, cause: {kind: 'out-of-memory'}, startedAt: noon},
	{at: noon, exitCode: 137, cause: {kind: 'panic', reason: 'a'}, startedAt: noon},
	{at: noon, exitCode: 137, cause: {kind: 'machine', reason: 'b'}, startedAt: noon},
	{at: noon, exitCode: 128, cause: {kind: 'start', reason: 'c', phase: 'disk'}, startedAt: 0},
	{at: noon, exitCode: 128, cause: {kind: 'start', reason: 'd'}, startedAt: 0},
];

test('how a container ended arrives, with a summary for scripts', t => {
	for (const lastExit of exits) {
		returns(t, container({lastExit}), encodeContainer, decodeContainer);
	}

	t.is(encodeContainer(container({lastExit: exits[1]})).Holm.Exit?.Summary, 'exit status 143, terminated (SIGTERM): stopped by holm (user ann), with SIGTERM');
	t.is(decodeContainer(sent({Id: 'x', Holm: {Exit: {Cause: 'of a later version'}}})).lastExit, undefined);
});

test('a variable that is taken from the image is listed by its name, and has no value', t => {
	const {Config: {Env}} = encodeContainer({...fullContainer, configuration: {...fullConfiguration, environment: ['A=1', 'GONE']}});
	t.deepEqual(Env, ['PATH=/bin', 'A=1', 'GONE']);
	t.deepEqual(decodeContainer(sent({Config: {Env}})).process.environment, ['PATH=/bin', 'A=1']);
});

test('a list for Docker\'s clients tells what Docker\'s list tells', t => {
	const item = encodeContainerItem(fullContainer, {now: noon});
	t.false('Holm' in item);
	const read = decodeContainerItem(sent(item), noon);
	t.is(read.id, fullContainer.id);
	t.is(read.name, fullContainer.name);
	t.deepEqual(read.ports, fullContainer.ports);
	t.deepEqual(read.attachments, fullContainer.attachments);
	t.deepEqual(read.status, {state: 'running', pid: 0, startedAt: noon - 60_000});
	t.is(read.diskBytes, 4096);
	t.deepEqual(read.health, {status: 'healthy', failingStreak: 0, log: []});
});

test('a check has Docker\'s form: nanoseconds, and no health without one', t => {
	t.deepEqual(sent(encodeCreateContainer(fullConfiguration).Healthcheck), {
		Test: ['CMD', 'curl', 'localhost'], Interval: 1_500_000_000, Timeout: 2_000_500_000, Retries: 4, StartPeriod: 60_000_000_000, StartInterval: 1_000_000,
	});
	t.false('Health' in (sent(encodeContainer(container())) as {readonly State: object}).State);
	t.deepEqual(sent(encodeContainer(fullContainer).State.Health), {
		Status: 'healthy',
		FailingStreak: 2,
		Log: [{
			Start: '2026-02-25T11:59:58.000Z', End: '2026-02-25T11:59:58.500Z', ExitCode: 1, Output: 'connection refused\n',
		}],
	});
	const decodeHealthcheck = (Healthcheck: unknown) => decodeCreateContainer(fieldsOf({Image: 'x', Healthcheck})).configuration.healthcheck;
	t.is(decodeHealthcheck({Test: [], Interval: 0, Retries: 0}), undefined);
	t.is(decodeHealthcheck(null), undefined);
	t.throws(() => decodeHealthcheck({Test: 'curl'}), {message: /Healthcheck\.Test must be a list/v});
});

test('images', t => {
	const full = image({
		tags: ['docker.io/library/redis:alpine', 'docker.io/team/app:1', 'registry.example:5000/x/y:z', 'localhost/z:1'],
		digests: [`docker.io/library/redis@sha256:${'34'.repeat(32)}`],
		configuration: {
			user: 'redis',
			environment: ['A=b'],
			entrypoint: ['/entry'],
			command: ['redis-server'],
			workingDirectory: '/data',
			exposedPorts: ['6379/tcp'],
			volumes: ['/data'],
			labels: {a: 'b'},
			stopSignal: 'SIGQUIT',
			shell: ['/bin/bash', '-ec'],
			onBuild: ['RUN make'],
			healthcheck: {test: ['CMD-SHELL', 'redis-cli ping'], intervalMs: 5000},
		},
		layers: [`sha256:${'56'.repeat(32)}`],
		history: [{createdAt: noon, createdBy: 'ADD x', empty: false, comment: ''}, {createdAt: noon, createdBy: 'CMD ["y"]', empty: true, comment: 'z'}],
	});
	for (const given of [image(), image({tags: []}), full]) {
		returns(t, given, encodeImage, decodeImage);
		returns(t, given, item => encodeImageItem(item, {detail: true}), decodeImageItem);
	}

	t.deepEqual(
		decodeHistory(fieldsOfList(sent(encodeHistory(full)))).map(({createdBy}) => createdBy),
		['ADD x', 'CMD ["y"]'],
	);
});

test('sizes of layers: of the steps of a history, and of what images share', t => {
	const step = (createdBy: string, isEmpty = false) => ({
		createdAt: noon, createdBy, empty: isEmpty, comment: '',
	});
	const base = image({sizeBytes: 300, layers: ['a', 'b'], layerBytes: [100, 200], history: [step('ADD a'), step('ENV', true), step('RUN b')]});
	t.deepEqual(encodeHistory(base).map(({Size: size}) => size), [200, 0, 100]);
	t.deepEqual(encodeHistory(image({history: [step('ADD a')]})).map(({Size: size}) => size), [0], 'not known');
	const usageOf = (...images: readonly Image[]) => encodeDiskUsage({
		images: images.map(each => ({image: each, containers: 1})), containers: [], volumes: [], cacheBytes: 0,
	});
	const derived = image({sizeBytes: 305, layers: ['a', 'b', 'c'], layerBytes: [100, 200, 5]});
	const other = image({sizeBytes: 200, layers: ['b'], layerBytes: [200]});
	const {LayersSize: total, Images: items} = usageOf(base, derived, other, image({sizeBytes: 50}));
	t.is(total, 300 + 5 + 200 + 50, 'the same layer on another one is another on the disk');
	t.deepEqual(items.map(({SharedSize: shared}) => shared), [300, 300, 0, 0]);
});

test('networks, their leases and records', t => {
	const full = network({
		ipRange: '192.168.65.128/25',
		auxiliaryAddresses: {router: '192.168.65.9'},
		internal: true,
		labels: {a: 'b'},
		leases: [{address: '192.168.65.2', mac: '02:42:c0:a8:41:02', containerId: 'ab'.repeat(32), containerName: 'db', endpointId: 'cd'.repeat(32)}],
		bridge: 'br-efefefefefef',
	});
	returns(t, network(), encodeNetwork, decodeNetwork);
	returns(t, full, encodeNetwork, decodeNetwork);
	const wantedNetworks: readonly NetworkConfiguration[] = [
		{name: 'a', internal: false, labels: {}, driver: 'bridge'},
		{name: 'c', internal: false, labels: {}, driver: 'bridge', options: {'com.docker.network.driver.mtu': '1400'}},
		{name: 'b', subnet: '10.0.0.0/24', gateway: '10.0.0.9', ipRange: '10.0.0.0/25', auxiliaryAddresses: {router: '10.0.0.3'}, internal: true, labels: {x: 'y'}, driver: 'bridge'},
	];
	for (const wanted of wantedNetworks) {
		returns(t, wanted, encodeCreateNetwork, json => decodeCreateNetwork(fieldsOf(json)).configuration);
	}

	for (const attachment of [{network: 'a', aliases: []}, {network: 'b', address: '10.0.0.3', mac: '02:00:00:00:00:01', aliases: ['c', 'd']}]) {
		returns(t, {container: 'x', attachment}, given => encodeConnect(given.container, given.attachment), json => decodeConnect(attachment.network, fieldsOf(json)));
	}

	for (const record of [
		{name: 'db', type: 'A', value: '10.0.0.2', ttlSeconds: 5, containerId: 'ab'},
		{name: 'db', type: 'AAAA', value: 'fd00::1', ttlSeconds: 5},
		{name: '2.0.0.10.in-addr.arpa', type: 'PTR', value: 'db', ttlSeconds: 0, containerId: 'ab'},
	] as const) {
		returns(t, record, encodeDnsRecord, json => decodeDnsRecord(fieldsOf(json)));
	}
});

test('volumes, statistics, events', t => {
	returns(t, volume(), encodeVolume, decodeVolume);
	returns(t, volume({anonymous: true, labels: {a: 'b'}}), item => encodeVolume(item, {bytes: 1, containers: 2}), decodeVolume);
	returns(t, stats(), reading => encodeStats(container(), reading, stats({readAt: noon - 1000})), decodeStats);
	returns(t, stats({hostMemoryBytes: undefined, networks: {}}), reading => encodeStats(container(), reading), decodeStats);
	for (const type of ['container', 'network', 'image', 'volume', 'daemon'] as const) {
		returns(t, {time: noon + 123, type, action: 'create', id: 'x', attributes: {name: 'n', image: 'i'}}, encodeEvent, decodeEvent);
	}

	t.is(decodeEvent({Type: 'plugin', Action: 'enable', Actor: {ID: 'x'}}), undefined);
});

test('the engine', t => {
	returns(t, {
		name: 'Holm', version: '1.2.3', apiVersion: '1.47', minimumApiVersion: '1.40', os: 'linux', architecture: 'amd64', kernel: '6.1',
	}, encodeVersion, decodeVersion);
	const info = {
		id: 'x',
		name: 'host',
		root: '/var/lib/holm',
		containers: 6,
		running: 1,
		paused: 2,
		stopped: 3,
		images: 4,
		cpus: 8,
		memoryBytes: 1e10,
		operatingSystem: 'Debian',
		kernel: '6.1',
		architecture: 'amd64',
		accelerator: 'tcg',
		warnings: ['slow'],
	};
	const version = {name: 'Holm', version: '1', apiVersion: '1.47', minimumApiVersion: '1.40', os: 'linux', architecture: 'amd64', kernel: '6.1'};
	returns(t, info, given => encodeInfo(given, version), decodeInfo);
	returns(t, {...info, accelerator: undefined, warnings: []}, given => encodeInfo(given, version), decodeInfo);
	t.like(encodeInfo(info, version), {Debug: false, ExperimentalBuild: false, LiveRestoreEnabled: true, Labels: []});
	returns(t, {
		images: [{image: image(), containers: 2}],
		containers: [{container: {...fullContainer, diskBytes: 7}, bytes: 7}],
		volumes: [{volume: volume(), bytes: 3, containers: 0}],
		cacheBytes: 99,
	}, encodeDiskUsage, decodeDiskUsage);
	returns(t, {
		readAt: noon,
		containers: [fullContainer, container()],
		networks: [network()],
		images: [image()],
		volumes: [volume()],
		stats: {[fullContainer.id]: stats()},
	}, encodeSnapshot, decodeSnapshot);
});

test('further processes and paths in a container', t => {
	const full = {command: ['sh', '-c', 'x'], terminal: true, stdin: true, environment: ['A=b'], workingDirectory: '/x', user: 'y', privileged: true};
	const empty = {command: ['x'], terminal: false, stdin: false, environment: [], privileged: false};
	for (const given of [full, empty]) {
		returns(t, given, encodeCreateExec, json => decodeCreateExec(fieldsOf(json)));
		returns(t, {id: 'a', containerId: 'b', configuration: given, running: true}, encodeExec, decodeExec);
		returns(t, {id: 'a', containerId: 'b', configuration: given, running: false, exitCode: 3}, encodeExec, decodeExec);
		returns(t, {id: 'a', containerId: 'b', configuration: given, running: false}, encodeExec, decodeExec);
	}

	const status = {name: 'ünïcode\n', sizeBytes: 12, mode: 0o10_0644, modifiedAt: noon, linkTarget: ''};
	t.deepEqual(decodePathStatus(encodePathStatus(status)), status);
});

test('types and permissions of files in Go\'s bits', t => {
	// The right column is what Go's os.FileMode has for these, as fs.go defines its bits.
	const known: ReadonlyArray<readonly [posix: number, go: number]> = [
		[0o10_0644, 0o644],
		[0o04_0755, 0x80_00_01_ED],
		[0o04_1777, 0x80_10_01_FF],
		[0o12_0777, 0x08_00_01_FF],
		[0o10_4755, 0x00_80_01_ED],
		[0o10_2755, 0x00_40_01_ED],
		[0o06_0660, 0x04_00_01_B0],
		[0o02_0666, 0x04_20_01_B6],
		[0o01_0600, 0x02_00_01_80],
		[0o14_0600, 0x01_00_01_80],
	];
	for (const [posix, go] of known) {
		t.is(toGoMode(posix), go);
		t.is(fromGoMode(go), posix);
	}
});

test('small answers', t => {
	returns(t, {exitCode: 3, reason: 'why'}, encodeEnding, decodeEnding);
	returns(t, {exitCode: 0}, encodeEnding, decodeEnding);
	t.throws(() => decodeEnding(encodeWaitError(new HolmError('unavailable', 'gone', {remedy: 'look'}))), {instanceOf: HolmError, message: 'gone', code: 'unavailable'});
	t.throws(() => decodeEnding({StatusCode: 0, Error: {Message: 'another engine\'s'}}), {instanceOf: HolmError, message: 'another engine\'s', code: 'internal'});
	returns(t, {titles: ['PID', 'CMD'], processes: [['1', 'x'], ['2', 'y z']]}, encodeTop, decodeTop);
	returns(t, {removed: ['a', 'b'], freedBytes: 5}, given => encodePruned('ContainersDeleted', given), json => decodePruned('ContainersDeleted', json));
	returns(t, {removed: ['untagged: a:b', `sha256:${'12'.repeat(32)}`], freedBytes: 5}, encodePrunedImages, decodePrunedImages);
	returns(t, {untagged: ['a:b'], deleted: ['sha256:1', 'sha256:2']}, encodeRemovedImage, decodeRemovedImage);
	for (const progress of [{text: 'a\n'}, {status: 'Downloading', id: 'abc', current: 1, total: 2}, {status: 's'}, {imageId: 'sha256:1'}, {text: ''}]) {
		returns(t, progress, encodeProgress, decodeProgress);
	}
});

test('credentials', t => {
	const logins = [{username: 'u', password: 'p:q'}, {username: 'u', password: 'ü', server: 'localhost:5000'}];
	for (const given of logins) {
		t.deepEqual(decodeRegistryAuth(encodeRegistryAuth(given)), given);
	}

	t.deepEqual(decodeRegistryConfig(encodeRegistryConfig(logins)), logins);
	t.deepEqual(decodeRegistryConfig(undefined), []);

	t.is(decodeRegistryAuth(encodeRegistryAuth(undefined)), undefined);
	t.is(decodeRegistryAuth(undefined), undefined);
	const encode = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url');
	t.deepEqual(decodeRegistryAuth(encode({auth: Buffer.from('u:p:q').toString('base64')})), {username: 'u', password: 'p:q'});
	const several = encode({
		'https://index.docker.io/v1/': {username: 'hub', password: 'p'},
		'registry.example:5000': {username: 'own', password: 'p'},
		'tokens.example': {identitytoken: 'x'},
	});
	t.deepEqual(decodeRegistryConfig(several).map(({username, server}) => [username, server]), [['hub', undefined], ['own', 'registry.example:5000']]);
	t.throws(() => decodeRegistryAuth('!!!not base64 of json'), {code: 'invalid'});
	t.throws(() => decodeRegistryAuth(encode([])), {code: 'invalid'});
	t.throws(() => decodeRegistryAuth(encode({username: 1})), {code: 'invalid'});
	t.throws(() => decodeRegistryAuth(encode({identitytoken: 'x'})), {code: 'unsupported'});
});

test('errors keep their code, message and remedy', t => {
	const codes: readonly ErrorCode[] = ['invalid', 'not-found', 'conflict', 'not-modified', 'forbidden', 'unsupported', 'unavailable', 'not-executable', 'command-not-found', 'internal'];
	for (const code of codes) {
		const given = new HolmError(code, 'what', {remedy: 'how'});
		for (const read of [
			decodeError(plain(encodeError(given)), 500, 'x'),
			t.throws(() => decodeProgress(plain(encodeProgressError(given))), {instanceOf: HolmError}),
		]) {
			t.is(read.code, code);
			t.is(read.message, 'what');
			t.is(read.remedy, 'how');
		}
	}

	t.is(decodeError({message: 'taken'}, 409, 'x').code, 'conflict');
	t.is(decodeError({}, 404, 'nothing').message, 'nothing');
	t.is(decodeError({message: 'building at STEP "RUN x":\n  exit status 1\r\n'}, 500, 'x').message, 'building at STEP "RUN x": exit status 1');
	t.is(decodeError({code: 'toString', message: 'm'}, 418, 'x').code, 'internal');
});
