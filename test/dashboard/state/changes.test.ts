import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {changesBetween} from '../../../source/dashboard/state/changes.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';

const setup = async () => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('back', {subnet: '10.0.0.0/28'}));
	let before = await engine.snapshot();
	return {
		engine,
		/** The changes since the previous call. */
		async changes(hasRecords = true) {
			const after = await engine.snapshot();
			const events = changesBetween(before, after, {hasRecords});
			before = after;
			return events.map(({action, attributes: {name, address, holder, names}}) => [action, name, address, holder ?? names].join(' '));
		},
		[Symbol.dispose]: engine.close,
	};
};

test('a container leases an address when it is created, and has a record while it runs', async t => {
	using held = await setup();
	const {engine, changes} = held;
	await engine.createContainer(containerConfiguration({name: 'web', networks: [{network: 'back', aliases: ['shop']}]}));
	t.deepEqual(await changes(), ['lease back 10.0.0.2 web']);
	await engine.startContainer('web');
	t.deepEqual(await changes(), ['record back 10.0.0.2 web,shop']);
	t.deepEqual(await changes(), []);
	await engine.killContainer('web');
	t.deepEqual(await changes(), ['unrecord back 10.0.0.2 web,shop']);
	await engine.removeContainer('web');
	t.deepEqual(await changes(), ['release back 10.0.0.2 web']);
});

test('connecting and disconnecting a running container changes both, renaming only the record', async t => {
	using held = await setup();
	const {engine, changes} = held;
	await engine.createContainer(containerConfiguration({name: 'web'}));
	await engine.startContainer('web');
	t.is((await changes()).filter(change => change.includes('record')).length, 0);
	await engine.connectNetwork('web', {network: 'back', aliases: []});
	t.deepEqual(await changes(), ['lease back 10.0.0.2 web', 'record back 10.0.0.2 web']);
	await engine.renameContainer('web', 'front');
	t.deepEqual(await changes(), ['unrecord back 10.0.0.2 web', 'record back 10.0.0.2 front']);
	await engine.disconnectNetwork('back', 'front');
	t.deepEqual(await changes(), ['release back 10.0.0.2 front', 'unrecord back 10.0.0.2 front']);
});

test('an engine without records has no events of records', async t => {
	using held = await setup();
	const {engine, changes} = held;
	await engine.createContainer(containerConfiguration({name: 'web', networks: [{network: 'back', aliases: []}]}));
	await engine.startContainer('web');
	t.deepEqual(await changes(false), ['lease back 10.0.0.2 web']);
});
