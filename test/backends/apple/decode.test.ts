import {readFile} from 'node:fs/promises';
import test from 'ava';
import {decodeContainers} from '../../../source/backends/apple/decode/container.js';
import {decodeImages} from '../../../source/backends/apple/decode/image.js';
import {decodeNetworks} from '../../../source/backends/apple/decode/network.js';
import {decodeStats} from '../../../source/backends/apple/decode/stats.js';
import {decodeStatus} from '../../../source/backends/apple/decode/system.js';
import {decodeVolumes} from '../../../source/backends/apple/decode/volume.js';
import {containerOf} from '../../../source/backends/apple/container-of.js';
import {HolmError} from '../../../source/engine/errors.js';

const sample = async (name: string): Promise<unknown> =>
	JSON.parse(await readFile(new URL(`../../../../test/backends/apple/samples/${name}.json`, import.meta.url), 'utf8')) as unknown;

/** Numbers from 0 up to 1, always the same. */
const numbers = (seed: number) => () => {
	seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
	return seed / 2 ** 31;
};

/** A document with its members in another order, some of them left out, and others added. */
const varied = (value: unknown, random: () => number, share: number): unknown => {
	if (Array.isArray(value)) {
		return value.map(item => varied(item, random, share));
	}

	if (typeof value !== 'object' || value === null) {
		return value;
	}

	const members = Object.entries(value).filter(() => random() >= share).map(([key, item]) => [key, varied(item, random, share)] as const);
	return Object.fromEntries([...members, ['unheardOf', {deep: [1, undefined, 'x']}] as const]
		.map(member => ({member, place: random()})).toSorted((one, other) => one.place - other.place).map(({member}) => member));
};

const decoders: Readonly<Record<string, (document: unknown) => unknown>> = {
	'1.2-container-list': decodeContainers,
	'1.2-container-list-empty': decodeContainers,
	'1.2-container-list-stopping': decodeContainers,
	'1.2-container-inspect': decodeContainers,
	'1.2-image-list': document => decodeImages(document, 'arm64'),
	'1.2-image-inspect': document => decodeImages(document, 'arm64'),
	'1.2-network-list': decodeNetworks,
	'1.2-network-inspect': decodeNetworks,
	'1.2-volume-list': decodeVolumes,
	'1.2-volume-inspect': decodeVolumes,
	'1.2-stats': decodeStats,
	'docs-stats': decodeStats,
	'1.2-system-status-running': decodeStatus,
	'1.2-system-status-unregistered': decodeStatus,
	'1.4-system-status-running': decodeStatus,
	'1.4-system-status-unregistered': decodeStatus,
};

const withoutSource = (value: unknown): unknown => JSON.parse(JSON.stringify(value instanceof Map ? [...value] : value, (key, item: unknown) => key === 'source' ? undefined : item));

for (const [name, decode] of Object.entries(decoders)) {
	test(`${name}: the order of members and unknown ones mean nothing`, async t => {
		const document = await sample(name);
		for (let seed = 1; seed < 20; seed++) {
			t.deepEqual(withoutSource(decode(varied(document, numbers(seed), 0))), withoutSource(decode(document)));
		}
	});

	test(`${name}: missing members empty what they say, and nothing fails`, async t => {
		const document = await sample(name);
		for (let seed = 1; seed < 200; seed++) {
			t.notThrows(() => decode(varied(document, numbers(seed), 0.3)));
		}
	});
}

test('members of other types and what is no document', t => {
	for (const document of [undefined, null, 1, 'x', {}, [], [null, 1, 'x', []], [{id: 5}], [{id: 'x', configuration: 7, status: {state: 7, networks: {}}}]]) {
		for (const decode of Object.values(decoders)) {
			t.notThrows(() => decode(document));
		}
	}
});

test('containers of the list', async t => {
	const [web, ...others] = decodeContainers(await sample('1.2-container-list'));
	t.like(web, {
		id: 'my-web', state: 'running', reference: 'docker.io/library/my-web-app:latest', memoryBytes: 1024 ** 3, cpus: 4,
		process: {arguments: ['python', 'app.py'], workingDirectory: '/app', user: 'app', terminal: false},
		networks: ['myapp-net', 'default'],
	});
	t.deepEqual(web!.ports.map(({hostAddress, hostPort, containerPort, protocol}) => `${hostAddress}:${hostPort}:${containerPort}/${protocol}`), [
		'0.0.0.0:8000:5000/tcp', '127.0.0.1:9000:9000/udp', '127.0.0.1:9001:9001/udp', '127.0.0.1:9002:9002/udp',
	]);
	t.deepEqual(web!.addresses[0], {
		network: 'myapp-net', address: '192.168.66.3', prefixLength: 24, gateway: '192.168.66.1', mac: 'f2:a4:11:2c:9b:07',
	});
	t.false(others.some(({id}) => id === 'buildkit'), 'the builder is in no list');
	const container = containerOf({apple: web!, stored: {state: {}}, nameOf: name => ({id: name, name})});
	t.like(container, {name: 'my-web', status: {state: 'running'}, configuration: {readOnlyRoot: true}});
	t.deepEqual(container.mounts.map(({type, target, readOnly}) => [type, target, readOnly]), [
		['bind', '/app/static', true], ['volume', '/var/lib/web', false], ['tmpfs', '/scratch', false],
	]);
	t.deepEqual(container.attachments.map(({network, address}) => [network, address]), [['myapp-net', '192.168.66.3'], ['default', '192.168.64.5']]);
});

test('a container whose end nobody has seen says so', async t => {
	const listed = decodeContainers(await sample('1.2-container-list'));
	const stopped = listed.find(({state, startedDate}) => state === 'stopped' && startedDate !== undefined)!;
	const {status} = containerOf({apple: stopped, stored: {state: {}}, nameOf: name => ({id: name, name})});
	t.like(status, {state: 'exited', reason: 'its exit status is not kept by Apple\'s container'});
});

test('the list of a version before 1.0 is refused', async t => {
	const document = await sample('0.12-container-list');
	const error = t.throws(() => decodeContainers(document), {instanceOf: HolmError});
	t.is(error.code, 'unsupported');
	t.regex(error.remedy!, /releases/v);
});
