import type {EngineEvent} from '../../source/engine/resources.js';
import type {Register} from './laboratory.js';

const actions = (events: readonly EngineEvent[]) => events.map(({action}) => action.split(':', 1)[0]!);

/** Whether the actions occurred in this order; others may come between. */
const inOrder = (found: readonly string[], wanted: readonly string[]) => {
	let position = 0;
	for (const action of found) {
		if (action === wanted[position]) {
			position++;
		}
	}

	return position === wanted.length;
};

/** Past and live events. */
export const testEvents = (test: Register): void => {
	test('the life of a container as events, in order, with what they are about', async ({t, engine, create, uniqueName}) => {
		const since = Date.now() - 2000;
		const name = uniqueName('eventful');
		const id = await create({name, command: ['sh', '-c', 'exit 3'], labels: {'holm.test': 'label'}});
		await engine.startContainer(id);
		await engine.waitContainer(id);
		await engine.renameContainer(id, `${name}-renamed`);
		await engine.removeContainer(id);
		const events = await Array.fromAsync(engine.events({since, until: Date.now() + 1000, filters: {container: [id]}}));
		const own = events.filter(event => event.type === 'container');
		t.true(inOrder(actions(own), ['create', 'start', 'die', 'rename', 'destroy']), JSON.stringify(actions(own)));
		t.true(own.every(event => event.id === id && event.time >= since && event.time <= Date.now() + 1000));
		t.deepEqual(own.map(({time}) => time), own.map(({time}) => time).toSorted((a, b) => a - b));
		const died = own.find(({action}) => action === 'die');
		t.is(died?.attributes.exitCode, '3');
		t.is(died?.attributes.name, name);
		t.is(died?.attributes['holm.test'], 'label');
		t.truthy(died?.attributes.image);
	});

	test('events come while they are listened to, until that is aborted', async ({t, engine, create, createNetwork}) => {
		const controller = new AbortController();
		const {id: network, name} = await createNetwork();
		const id = await create({command: ['sh', '-c', 'sleep 1'], networks: [{network: name, aliases: []}]});
		const seen: EngineEvent[] = [];
		const listen = async () => {
			// The server may not have seen the listener before the first event; earlier ones come first.
			for await (const event of engine.events({since: Date.now() - 1, signal: controller.signal, filters: {type: ['container', 'network']}})) {
				seen.push(event);
				if (event.action === 'destroy' && event.id === id) {
					controller.abort();
				}
			}
		};

		const listening = listen();
		await engine.startContainer(id);
		await engine.waitContainer(id);
		await engine.removeContainer(id);
		await listening;
		const own = seen.filter(event => event.id === id || event.id === network || event.attributes.container === id);
		t.true(inOrder(actions(own), ['start', 'die', 'destroy']) && inOrder(actions(own), ['connect', 'disconnect']), JSON.stringify(actions(own)));
	});

	test('filters of events', async ({t, engine, create, createVolume, uniqueName, refused, lacks}) => {
		const since = Date.now() - 2000;
		const label = uniqueName('label');
		const id = await create({command: ['true'], labels: {[label]: 'x'}});
		const {name: volume} = await createVolume();
		const read = async (filters: Readonly<Record<string, readonly string[]>>) =>
			Array.fromAsync(engine.events({since, until: Date.now() + 500, filters}));
		const ofLabel = await read({label: [label]});
		t.true(ofLabel.length > 0 && ofLabel.every(event => event.id === id));
		const created = await read({event: ['create'], type: ['volume']});
		t.true(created.some(event => event.id === volume) && created.every(event => event.type === 'volume' && event.action === 'create'));
		t.deepEqual(await read({container: ['nobody-has-this-name']}), []);
		if (!lacks.refusals) {
			await refused('invalid', 'no-such-filter', async () => Array.fromAsync(engine.events({since, until: Date.now() + 500, filters: {'no-such-filter': ['x']}})));
		}
	});

	test('images that are named and unnamed are events', async ({t, engine, image, uniqueName}) => {
		const since = Date.now() - 2000;
		const name = `${uniqueName('named')}:1`;
		const {id: imageId} = await engine.image(image);
		await engine.tagImage(image, name);
		await engine.removeImage(name);
		const events = await Array.fromAsync(engine.events({since, until: Date.now() + 500, filters: {type: ['image']}}));
		t.true(inOrder(actions(events.filter(({attributes, id}) => attributes.name?.endsWith(name) || id === name || id === imageId)), ['tag', 'untag']), JSON.stringify(events));
	});
};
