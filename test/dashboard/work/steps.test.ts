import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {executePlan, recreate, removedBy} from '../../../source/dashboard/work/execute.js';
import {commandsOf, planPause, planPrune, planRemoveContainers, planRemoveImages, planRemoveNetworks, planRemoveVolumes, planSignal, stepsOf, type Plan} from '../../../source/dashboard/work/plan.js';
import {recheck} from '../../../source/dashboard/work/recheck.js';
import {resultOf} from '../../../source/dashboard/work/result.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';

const setup = async () => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('shop'));
	await engine.createVolume({name: 'data'});
	for (const name of ['web', 'db', 'old']) {
		await engine.createContainer(containerConfiguration({name, networks: [{network: 'shop', aliases: [`${name}-alias`]}], ...name === 'db' && {mounts: [{type: 'volume', source: 'data', target: '/data', readOnly: false}]}}));
	}

	await engine.startContainer('web');
	await engine.startContainer('db');
	return {engine, [Symbol.dispose]: engine.close};
};

const options = {signal: new AbortController().signal, report() {}};

const shape = (plan: Plan) => stepsOf(plan).map(({verb, items}) => [verb, ...items.map(({name}) => name).toSorted()]);

test('a network in use is removed after its running containers are disconnected, and undo reconnects them', async t => {
	using held = await setup();
	const {engine} = held;
	const snapshot = await engine.snapshot();
	const plan = planRemoveNetworks(snapshot.networks.filter(({name}) => name === 'shop'), snapshot);
	t.deepEqual(shape(plan), [['disconnect', 'db', 'web'], ['removeNetworks', 'shop']]);
	t.regex(commandsOf(plan).join(' && '), /^holm network disconnect shop \w+; holm network disconnect shop \w+ && holm network rm shop$/v);
	t.regex(plan.consequences.join(' '), /disconnected first and keep running/v);
	t.is(plan.accept, 'Disconnect and remove');
	const outcome = await executePlan(engine, plan, options);
	t.deepEqual(outcome.failures, []);
	t.regex(resultOf(outcome), /^Disconnected (?:db, web|web, db) from shop; removed network shop$/v);
	t.like(await engine.container('web'), {status: {state: 'running'}, attachments: []});
	const {failures, left} = await recreate(engine, removedBy(plan, outcome));
	t.deepEqual(failures, []);
	t.deepEqual(left, {containers: [], networks: [], connections: []});
	const {attachments} = await engine.container('web');
	t.deepEqual(attachments.map(({network}) => network), ['shop']);
	t.true(attachments[0]!.aliases.includes('web-alias'));
});

test('an image and a volume in use are removed after their containers, which are kept for undo', async t => {
	using held = await setup();
	const {engine} = held;
	const snapshot = await engine.snapshot();
	const ofVolume = planRemoveVolumes(snapshot.volumes.filter(({name}) => name === 'data'), snapshot);
	t.deepEqual(shape(ofVolume), [['removeContainers', 'db'], ['removeVolumes', 'data']]);
	t.deepEqual(commandsOf(ofVolume), ['holm rm --force db', 'holm volume rm data']);
	const ofImage = planRemoveImages(snapshot.images.filter(({tags}) => tags[0]!.endsWith('redis:alpine')), snapshot);
	t.deepEqual(shape(ofImage).map(([verb]) => verb), ['removeContainers', 'removeImages']);
	const outcome = await executePlan(engine, ofImage, options);
	t.deepEqual(outcome.failures, []);
	t.regex(resultOf(outcome), /^Removed \w+, \w+, \w+; removed image docker\.io\/library\/redis:alpine$/v);
	t.is(removedBy(ofImage, outcome).containers.length, 3);
	t.deepEqual((await engine.snapshot()).containers, []);
});

test('an image with several tags goes with all of them', async t => {
	using held = await setup();
	const {engine} = held;
	await engine.tagImage('nginx:alpine', 'other/nginx:2');
	const snapshot = await engine.snapshot();
	const plan = planRemoveImages(snapshot.images.filter(({tags}) => tags.length > 1), snapshot);
	t.is(plan.command.split(' ').length, 4);
	const {failures} = await executePlan(engine, plan, options);
	t.deepEqual(failures, []);
	t.false((await engine.images()).some(({id}) => id === plan.items[0]!.id));
});

test('what needs a failed item is left, with the reason', async t => {
	using held = await setup();
	const {engine} = held;
	const snapshot = await engine.snapshot();
	const plan = planRemoveNetworks(snapshot.networks.filter(({name}) => name === 'shop'), snapshot);
	const {failures, done} = await executePlan({
		...engine,
		async disconnectNetwork(network, container, given) {
			if (container === snapshot.containers.find(({name}) => name === 'db')!.id) {
				throw new Error('the guest does not answer');
			}

			return engine.disconnectNetwork(network, container, given);
		},
	}, plan, options);
	t.is(done.length, 1);
	t.deepEqual(failures.map(({name}) => name), ['db', 'shop']);
	t.regex(failures[1]!.message, /shop was left: db failed before/v);
	t.truthy(await engine.network('shop'));
});

test('the engine\'s own networks are left out, and said to be', async t => {
	using held = await setup();
	const snapshot = await held.engine.snapshot();
	const plan = planRemoveNetworks(snapshot.networks, snapshot);
	t.deepEqual(plan.items.map(({name}) => name), ['shop']);
	t.regex(plan.consequences.join(' '), /Left out: bridge/v);
});

test('a plan that would do more than was agreed to is asked about again', async t => {
	using held = await setup();
	const {engine} = held;
	const before = await engine.snapshot();
	const network = planRemoveNetworks(before.networks.filter(({name}) => name === 'shop'), before);
	const old = planRemoveContainers(before.containers.filter(({name}) => name === 'old'), before);
	const volume = planRemoveVolumes(before.volumes.filter(({name}) => name === 'data'), before);
	t.like(recheck(network, before), {changes: [], isMore: false});
	await engine.startContainer('old');
	const now = await engine.snapshot();
	t.like(recheck(network, now), {changes: ['old would be disconnected too'], isMore: true});
	t.like(recheck(old, now), {changes: ['old runs now'], isMore: true});
	t.deepEqual(shape(recheck(network, now).plan!)[0], ['disconnect', 'db', 'old', 'web']);
	t.like(recheck(volume, now), {changes: [], isMore: false});
});

test('what is no longer there or no longer needed is left out, and said', async t => {
	using held = await setup();
	const {engine} = held;
	const before = await engine.snapshot();
	const all = planRemoveContainers(before.containers, before);
	const stop = planSignal('stop', before.containers);
	const prune = planPrune('containers', before)!;
	await engine.removeContainer('web', {force: true});
	await engine.startContainer('old');
	const now = await engine.snapshot();
	t.like(recheck(stop, now), {changes: ['web is gone'], isMore: false});
	t.deepEqual(shape(recheck(stop, now).plan!), [['stop', 'db']]);
	t.deepEqual(recheck(all, now).changes, ['old runs now', 'web is gone']);
	const nothing = recheck(prune, now);
	t.is(nothing.plan, undefined);
	t.deepEqual(nothing.changes, ['old needs it no longer']);
});

test('a plan is made again for what has the same name', async t => {
	using held = await setup();
	const {engine} = held;
	const before = await engine.snapshot();
	const plan = planRemoveContainers(before.containers.filter(({name}) => name === 'old'), before);
	await engine.removeContainer('old');
	const {id} = await engine.createContainer(containerConfiguration({name: 'old'}));
	const now = await engine.snapshot();
	t.is(plan.again!(now), undefined);
	t.deepEqual(plan.again!(now, true)!.items.map(item => item.id), [id]);
});

test('several objects are counted, and both directions of a pause are said', async t => {
	using held = await setup();
	const {engine} = held;
	await engine.pauseContainer('db');
	const {containers} = await engine.snapshot();
	const plan = planPause(containers);
	t.deepEqual(shape(plan), [['pause', 'web'], ['unpause', 'db']]);
	t.is(resultOf(await executePlan(engine, plan, options)), 'Paused web; resumed db');
	const many = Array.from({length: 12}, (_, index) => ({id: String(index), name: `c${index}`, details: []}));
	t.is(resultOf({steps: [{step: {verb: 'stop', items: many, command: ''}, done: many.slice(1)}], failures: [{name: 'c0', message: 'no'}], done: []}), 'Stopped 11 containers: c1, c2, c3 and 8 more; 1 of 12 failed: c0');
});

test('hostile names cannot end a word of a command line', async t => {
	using held = await setup();
	const snapshot = await held.engine.snapshot();
	const evil = snapshot.containers.map(container => ({...container, name: 'x; reboot'})).slice(0, 1);
	t.is(planRemoveContainers(evil, snapshot).command.replace('--force ', ''), String.raw`holm rm 'x; reboot'`);
});
