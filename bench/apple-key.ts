import {configuration} from '../test/engine/resources.js';
import {image, openStandIn, openStore, until, ways} from './apple-site.js';
import {timeOf, type Measurement} from './measurement.js';

export const measurement: Measurement = {
	name: 'apple-key',
	title: 'Apple: from a key that starts a container until the dashboard shows it (by a stand-in)',
	metrics: [{name: 'duration', unit: 'ms'}],
	rounds: 10,
	async open(site) {
		const standIn = await openStandIn(site);
		return {
			subjects: await Promise.all(ways.map(async ({name, open}) => {
				const engine = await open(standIn, site.stack);
				const store = openStore(engine);
				site.stack.defer(store.close);
				return {
					name,
					async read() {
						await until(store, () => store.getState().connection.state === 'connected');
						const {id} = await engine.createContainer(configuration({image, command: ['sleep', '100000']}));
						const isShown = () => store.getState().snapshot?.containers.find(container => container.id === id)?.status.state === 'running';
						const reading = await timeOf(async () => {
							store.touch();
							await engine.startContainer(id);
							store.refresh();
							await until(store, isShown);
						});
						await engine.removeContainer(id, {force: true});
						return reading;
					},
				};
			})),
			missing: [],
		};
	},
};
