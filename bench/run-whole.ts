import {findCommand} from '../source/host/programs.js';
import {run} from '../source/host/run.js';
import {image} from './bench-engine.js';
import {openDocker} from './docker.js';
import {timeOf, type Measurement, type Subject} from './measurement.js';

export const measurement: Measurement = {
	name: 'run-whole',
	title: '`run --rm IMAGE true`, from the command to its end',
	metrics: [{name: 'time', unit: 'ms'}],
	rounds: 7,
	async open(site) {
		const engine = await site.engine();
		const subjects: Subject[] = [{name: 'holm', read: async () => timeOf(async () => engine.holm('run', '--rm', image, 'true'))}];
		if (!await findCommand('docker')) {
			return {subjects, missing: ['docker is not installed']};
		}

		subjects.push({name: 'docker against Holm', read: async () => timeOf(async () => run('docker', ['--host', `unix://${engine.paths.socket}`, 'run', '--rm', image, 'true']))});
		const peer = await openDocker(site, engine);
		return typeof peer === 'string'
			? {subjects, missing: [peer]}
			: {subjects: [...subjects, {name: 'docker against Docker', read: async () => timeOf(async () => peer.docker('run', '--rm', peer.image, 'true'))}], missing: []};
	},
};
