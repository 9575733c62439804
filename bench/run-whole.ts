import {image} from './bench-engine.js';
import {openDocker} from './docker.js';
import {timeOf, type Measurement} from './measurement.js';

export const measurement: Measurement = {
	name: 'run-whole',
	title: '`run --rm IMAGE true`, from the command to its end',
	metrics: [{name: 'time', unit: 'ms'}],
	rounds: 7,
	async open(site) {
		const engine = await site.engine();
		const peer = await openDocker(site, engine);
		const holm = {name: 'Holm', read: async () => timeOf(async () => engine.holm('run', '--rm', image, 'true'))};
		return typeof peer === 'string'
			? {subjects: [holm], missing: [peer]}
			: {subjects: [holm, {name: 'Docker', read: async () => timeOf(async () => peer.docker('run', '--rm', peer.image, 'true'))}], missing: []};
	},
};
