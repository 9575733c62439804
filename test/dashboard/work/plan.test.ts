import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {executePlan, recreate} from '../../../source/dashboard/work/execute.js';
import {planDisconnect, planPrune, planRemoveContainers, planRemoveImages, planRemoveNetworks, planRemoveVolumes, planSignal} from '../../../source/dashboard/work/plan.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';

const setup = async () => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('back'));
	const ids: string[] = [];
	for (const name of ['one', 'two', 'three']) {
		const {id} = await engine.createContainer(containerConfiguration({name, networks: [{network: 'back', aliases: []}], ...((name === 'one') && {ports: [{hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp'}]})}));
		ids.push(id);
	}

	await engine.startContainer('one');
	await engine.startContainer('two');
	return {engine, ids, [Symbol.dispose]: engine.close};
};

const options = {signal: new AbortController().signal, report() {}};

test('a removal lists items, freed resources and the equivalent command', async t => {
	using held = await setup();
	const snapshot = await held.engine.snapshot();
	const plan = planRemoveContainers(snapshot.containers, snapshot);
	t.is(plan.title, 'Remove 3 containers?');
	t.true(plan.consequences.includes('2 running, will be killed.'));
	t.regex(plan.command, /^holm rm --force (?:one|two|three) /v);
	const one = plan.items.find(({name}) => name === 'one')!;
	t.true(one.details.includes('port 8080/tcp'));
	t.true(one.details.some(detail => /^192\.168\.\d+\.\d+ on back$/v.test(detail)));
});

test('a plan acts on its ids, even if names have changed', async t => {
	using held = await setup();
	const {engine} = held;
	const snapshot = await engine.snapshot();
	const plan = planRemoveContainers(snapshot.containers.filter(({name}) => name === 'three'), snapshot);
	await engine.removeContainer('three');
	const {id} = await engine.createContainer(containerConfiguration({name: 'three'}));
	const {done, failures} = await executePlan(engine, plan, options);
	t.deepEqual(done, []);
	t.is(failures.length, 1);
	t.is((await engine.container('three')).id, id);
});

test('a failure does not stop the rest', async t => {
	using held = await setup();
	const {engine} = held;
	await engine.createNetwork(networkConfiguration('free'));
	const {networks} = await engine.snapshot();
	const both = planRemoveNetworks(networks.filter(({name}) => name === 'back' || name === 'free'), {containers: []});
	const {done, failures} = await executePlan(engine, both, options);
	t.is(done.length, 1);
	t.deepEqual(failures.map(({name}) => name), ['back']);
});

test('nothing more starts after a cancellation', async t => {
	using held = await setup();
	const snapshot = await held.engine.snapshot();
	const plan = planRemoveContainers(snapshot.containers, snapshot);
	const {done} = await executePlan(held.engine, plan, {...options, signal: AbortSignal.abort()});
	t.deepEqual(done, []);
	t.is((await held.engine.snapshot()).containers.length, 3);
});

test('undo recreates containers from their configuration and starts those that ran', async t => {
	using held = await setup();
	const {engine} = held;
	const before = await engine.snapshot();
	await executePlan(engine, planRemoveContainers(before.containers, before), options);
	await executePlan(engine, planRemoveNetworks(before.networks.filter(({name}) => name === 'back'), {containers: []}), options);
	const {failures} = await recreate(engine, {containers: before.containers, networks: before.networks.filter(({name}) => name === 'back')});
	t.deepEqual(failures, []);
	const after = await engine.snapshot();
	const shape = ({containers}: typeof before) => containers.map(({name, configuration, status, attachments}) => ({name, configuration, state: status.state, addresses: attachments.map(({network, address}) => `${network} ${address}`)})).toSorted((a, b) => a.name.localeCompare(b.name));
	t.deepEqual(shape(after), shape(before));
});

test('a prune lists its items one by one, without the default network', async t => {
	using held = await setup();
	const {engine} = held;
	const snapshot = await engine.snapshot();
	t.deepEqual(planPrune('containers', snapshot)?.items.map(({name}) => name), ['three']);
	t.is(planPrune('networks', snapshot), undefined);
	await engine.createNetwork(networkConfiguration('free'));
	t.deepEqual(planPrune('networks', await engine.snapshot())?.items.map(({name}) => name), ['free']);
});

test('only running containers are stopped, and one that exits meanwhile is no failure', async t => {
	using held = await setup();
	const {engine} = held;
	const {containers} = await engine.snapshot();
	const plan = planSignal('stop', containers);
	t.deepEqual(plan.items.map(({name}) => name).toSorted(), ['one', 'two']);
	await engine.stopContainer('one');
	const {done, failures} = await executePlan(engine, plan, options);
	t.is(done.length, 2);
	t.deepEqual(failures, []);
});

test('a disconnection releases the address', async t => {
	using held = await setup();
	const {engine} = held;
	const {containers, networks} = await engine.snapshot();
	await executePlan(engine, planDisconnect(networks.find(({name}) => name === 'back')!, containers.filter(({name}) => name === 'one')), options);
	t.deepEqual((await engine.container('one')).attachments, []);
});

test('the consequences count their items', async t => {
	using held = await setup();
	await held.engine.createVolume({name: 'data'});
	const snapshot = await held.engine.snapshot();
	const one = snapshot.containers.filter(({name}) => name === 'one');
	t.true(planRemoveContainers(one, snapshot).consequences.includes('Its disk and log are deleted.'));
	t.true(planRemoveContainers(snapshot.containers, snapshot).consequences.includes('Their disks and logs are deleted.'));
	t.regex(planSignal('kill', one).consequences.join(' '), /^It gets SIGKILL/v);
	t.regex(planSignal('kill', snapshot.containers).consequences.join(' '), /^They get SIGKILL/v);
	t.regex(planRemoveVolumes(snapshot.volumes.slice(0, 1), snapshot).consequences.join(' '), /All data in it is/v);
	t.regex(planRemoveImages(snapshot.images.slice(0, 1), snapshot).consequences.join(' '), /It has to be/v);
});
