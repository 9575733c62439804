import test from 'ava';
import type {NetworkRecord} from '../../../source/host/engine/context.js';
import {
	devicesFor,
	forwardsFor,
	nameServerTableFor,
	rulesetFor,
	wayOut,
} from '../../../source/host/engine/wanted-state.js';
import {membersOf} from '../../../source/rules/networks/attachments.js';
import {wantedPorts} from '../../../source/rules/containers/wanted-ports.js';
import type {Attachment, Container} from '../../../source/engine/resources.js';
import {configuration} from '../../engine/resources.js';

const network = (name: string, third: number, isInternal = false): NetworkRecord => ({
	id: name.repeat(64).slice(0, 64),
	name,
	createdAt: 0,
	driver: 'bridge',
	subnet: `10.0.${third}.0/24`,
	gateway: `10.0.${third}.1`,
	internal: isInternal,
	labels: {},
});

const bridge = {...network('bridge', 1), id: 'b'.repeat(64)};
const inner = {...network('inner', 2, true), id: 'd'.repeat(64)};
const net = {...network('net', 3), id: 'e'.repeat(64)};
const networks = new Map([bridge, inner, net].map(record => [record.id, record]));

const attachment = ({id, name, subnet, gateway}: NetworkRecord, host: number, aliases: readonly string[] = []): Attachment => ({
	network: name, networkId: id, endpointId: `${host}${id}`.slice(0, 64), address: `${subnet.slice(0, -'0/24'.length)}${host}`, prefixLength: 24, gateway, mac: `02:42:00:00:00:${host}`, aliases,
});

const container = (digit: string, name: string, attachments: readonly Attachment[], given: Partial<Container> = {}): Container => ({
	id: digit.repeat(64),
	name,
	createdAt: 0,
	imageId: '',
	configuration: configuration({image: 'box', name}),
	process: {arguments: [], environment: [], workingDirectory: '/', user: ''},
	status: {state: 'created'},
	attachments,
	ports: [],
	exposedPorts: [],
	mounts: [],
	restartCount: 0,
	...given,
});

const link = {device: 'host', hostAddress: '198.18.0.1'};
const web = container('a', 'web', [attachment(inner, 10), attachment(net, 11, ['shop'])], {configuration: configuration({image: 'box', hostname: 'www'})});
const plain = container('c', 'plain', [attachment(bridge, 12)]);

test('rules: a bridge for each network, a tap for each attachment', t => {
	const {bridges, taps} = rulesetFor(link, [...networks.values()], [web, plain]);
	t.deepEqual(bridges.map(({subnet, internal}) => [subnet, internal]), [['10.0.1.0/24', false], ['10.0.2.0/24', true], ['10.0.3.0/24', false]]);
	t.deepEqual(taps.map(({address, mac}) => [address, mac]), [['10.0.2.10', '02:42:00:00:00:10'], ['10.0.3.11', '02:42:00:00:00:11'], ['10.0.1.12', '02:42:00:00:00:12']]);
	t.is(new Set(taps.map(({tap}) => tap)).size, 3);
	t.deepEqual(taps.map(({bridge: name}) => name), [bridges[1]!.bridge, bridges[2]!.bridge, bridges[0]!.bridge]);
});

test('names: those of a network\'s own containers, and none on the default network', t => {
	t.deepEqual(membersOf(net, [web, plain]), [{containerId: web.id, address: '10.0.3.11', names: ['web', 'aaaaaaaaaaaa', 'www', 'shop']}]);
	t.deepEqual(membersOf(inner, [web])[0]?.names, ['web', 'aaaaaaaaaaaa', 'www'], 'an alias belongs to one network');
	t.deepEqual(membersOf(bridge, [plain]), []);
	const {zones, upstreams} = nameServerTableFor(link, [...networks.values()], [web, plain], ['192.0.2.1']);
	t.deepEqual(upstreams, ['192.0.2.1']);
	t.deepEqual(zones.map(({address, forward}) => [address, forward]), [['10.0.1.1', true], ['10.0.2.1', false], ['10.0.3.1', true]]);
	t.deepEqual(zones.map(({views}) => views), [{}, {'10.0.2.10': ['net']}, {'10.0.3.11': ['inner']}], 'a container on two networks resolves the names of both');
	t.true(zones.every(({records}) => records.some(({name, value}) => name === 'host.container.internal' && value === '198.18.0.1')));
});

test('links: names that one container gives to others on its networks, at each of its name servers', t => {
	const given = configuration({
		image: 'box', links: ['web:DB', 'nobody:none'], networks: [{network: 'inner', aliases: []}, {network: 'net', aliases: [], links: ['shop:db', 'aaaa:id', 'shop']}],
	});
	const linked = container('f', 'linked', [attachment(inner, 20), attachment(net, 21)], {configuration: given});
	const {zones} = nameServerTableFor(link, [...networks.values()], [web, plain, linked], []);
	const names = zones.map(({clientRecords = {}}) => Object.fromEntries(Object.entries(clientRecords).map(([client, records]) => [client, records.map(({name, value}) => `${name} ${value}`)])));
	const known = ['db 10.0.2.10', 'id 10.0.3.11', 'shop 10.0.3.11'];
	t.deepEqual(names, [{}, {'10.0.2.20': known}, {'10.0.3.21': known}]);
});

test('devices: in the order of the networks; the first one that is not internal has the gateway', t => {
	t.is(wayOut(web.attachments, networks)?.network, 'net', 'an internal network is no default route');
	t.is(wayOut([web.attachments[0]!], networks), undefined);
	t.deepEqual(devicesFor(web.attachments, networks).map(({name, gateway}) => [name, gateway]), [['eth0', undefined], ['eth1', '10.0.3.1']]);
});

test('ports: requested ones, exposed ones with publishAll, to the first network', t => {
	const asked = {hostAddress: '127.0.0.1', hostPort: 8080, containerPort: 80, protocol: 'tcp'} as const;
	const published = configuration({image: 'box', ports: [asked]});
	t.deepEqual(wantedPorts({configuration: published, exposedPorts: ['80/tcp', '53/udp']}), [asked]);
	t.deepEqual(wantedPorts({configuration: {...published, publishAll: true}, exposedPorts: ['80/tcp', '53/udp']}), [asked, {hostAddress: '', hostPort: 0, containerPort: 53, protocol: 'udp'}]);
	t.like(forwardsFor({...web, ports: [asked]})[0], {targetAddress: '10.0.2.10', targetPort: 80, hostPort: 8080});
	t.deepEqual(forwardsFor({...plain, attachments: [], ports: [asked]}), []);
});
