import {stripVTControlCharacters} from 'node:util';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {widthOf} from '../../../source/text/width.js';
import {createTheme} from '../../../source/dashboard/frame/theme.js';
import {addressesLines, usesOf} from '../../../source/dashboard/views/addresses-lines.js';
import {waterfallLines} from '../../../source/dashboard/views/machine-lines.js';
import {recordRows} from '../../../source/dashboard/views/records.js';
import {topologyLines} from '../../../source/dashboard/views/topology-lines.js';
import {numberOf} from '../../../source/dashboard/state/subnets.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';

const theme = createTheme({name: 'dark', depth: '256', ascii: false});
const plain = (lines: readonly string[]) => lines.map(line => stripVTControlCharacters(line).trimEnd());

const setup = async () => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('back', {subnet: '10.0.0.0/28', internal: true}));
	await engine.createNetwork(networkConfiguration('front', {subnet: '10.0.1.0/24'}));
	await engine.createContainer(containerConfiguration({name: 'web', networks: [{network: 'back', aliases: []}, {network: 'front', aliases: []}]}));
	await engine.startContainer('web');
	const snapshot = await engine.snapshot();
	return {engine, snapshot, network: (name: string) => snapshot.networks.find(candidate => candidate.name === name)!};
};

test('the topology shows the containers of each network and their other networks', async t => {
	const {engine, snapshot} = await setup();
	const lines = plain(topologyLines(snapshot, undefined, {width: 110}, theme));
	t.is(lines[0], 'host');
	const back = lines.findIndex(line => line.includes('back'));
	t.regex(lines[back]!, /╳ back {2}10\.0\.0\.0\/28 {2}gateway 10\.0\.0\.1 .*no external access/v);
	t.regex(lines[back + 1]!, /└── web +10\.0\.0\.2 +running +also on front/v);
	t.true(topologyLines(snapshot, undefined, {width: 40}, theme).every(line => widthOf(line) <= 40));
	engine.close();
});

test('each address of a network is reserved, gateway, leased or free', async t => {
	const {engine, network} = await setup();
	const use = usesOf(network('back'))!;
	const first = numberOf('10.0.0.0');
	t.deepEqual(Array.from({length: 16}, (_, index) => use(first + index)), ['reserved', 'gateway', 'leased', ...Array.from({length: 12}, () => 'free' as const), 'reserved']);
	t.is(usesOf({...network('back'), ipRange: '10.0.0.8/30'})!(first + 4), 'outside');
	t.is(usesOf({...network('back'), auxiliaryAddresses: {router: '10.0.0.4'}})!(first + 4), 'reserved');
	t.is(usesOf({...network('back'), subnet: 'none'}), undefined);
	engine.close();
});

test('the map shows the next free address and warns of overlaps', async t => {
	const {engine, snapshot, network} = await setup();
	const lines = plain(addressesLines(network('back'), snapshot, {width: 80}, theme));
	t.true(lines.includes('10.0.0.0        xG#............x'));
	t.true(lines.some(line => line.includes('1 leased of 16 addresses; next free: 10.0.0.3')));
	const other = {...network('front'), subnet: '10.0.0.0/24', name: 'other'};
	const warned = plain(addressesLines(network('back'), {networks: [network('back'), other]}, {width: 80}, theme));
	t.true(warned.some(line => line.includes('It overlaps 10.0.0.0/24 of other')));
	t.deepEqual(plain(addressesLines({...network('back'), subnet: 'x'}, snapshot, {width: 80}, theme)), ['x is not an IPv4 subnet']);
	engine.close();
});

test('the map of a large subnet fits the screen', async t => {
	const {engine, snapshot, network} = await setup();
	const lines = plain(addressesLines({...network('back'), subnet: '10.0.0.0/8', leases: []}, snapshot, {width: 100}, theme));
	t.true(lines.length < 40);
	t.true(lines.some(line => line.includes('16384 in a cell')));
	engine.close();
});

test('the phases of a start are bars on a common scale', t => {
	const lines = plain(waterfallLines({accelerator: 'kvm', cpus: 1, memoryBytes: 1, kernel: '', phases: [{name: 'restore', startMs: 0, endMs: 50}, {name: 'process', startMs: 50, endMs: 100}]}, {width: 50}, theme));
	t.regex(lines[0]!, /^restore {3}█{10} {11,}50 ms +@0$/v);
	t.regex(lines[1]!, /^process {13}█{10} +50 ms +@50$/v);
	t.deepEqual(waterfallLines({accelerator: 'kvm', cpus: 1, memoryBytes: 1, kernel: '', phases: []}, {width: 50}, theme), []);
});

test('records of removed containers are stale', async t => {
	const {engine, snapshot, network} = await setup();
	const [web] = snapshot.containers;
	const record = (given: object) => ({name: 'web', type: 'A', value: '10.0.0.2', ttlSeconds: 5, containerId: web!.id, ...given} as const);
	const stale = recordRows(network('back'), [record({}), record({value: '10.0.0.9'}), record({containerId: 'gone'}), record({containerId: undefined, value: '10.0.0.1'})], snapshot.containers).map(row => row.isStale);
	t.deepEqual(stale, [false, true, true, false]);
	engine.close();
});
