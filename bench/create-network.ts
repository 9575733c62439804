import {randomBytes} from 'node:crypto';
import {findCommand} from '../source/host/programs.js';
import {run} from '../source/host/run.js';
import {openDocker} from './docker.js';
import {timeOf, type Measurement, type Subject} from './measurement.js';

/** A network's life, so that the next one finds the same host. */
const lifeOf = (command: (...arguments_: readonly string[]) => Promise<unknown>) => async () => {
	const name = `bench-${randomBytes(4).toString('hex')}`;
	const time = await timeOf(async () => command('network', 'create', name));
	await command('network', 'rm', name);
	return time;
};

export const measurement: Measurement = {
	name: 'create-network',
	title: '`network create NAME`, from the command to its end',
	metrics: [{name: 'time', unit: 'ms'}],
	rounds: 9,
	async open(site) {
		const engine = await site.engine();
		const subjects: Subject[] = [{name: 'holm', read: lifeOf(engine.holm)}];
		if (!await findCommand('docker')) {
			return {subjects, missing: ['docker is not installed']};
		}

		subjects.push({name: 'docker against Holm', read: lifeOf(async (...arguments_) => run('docker', ['--host', `unix://${engine.paths.socket}`, ...arguments_]))});
		const peer = await openDocker(site, engine);
		return typeof peer === 'string'
			? {subjects, missing: [peer]}
			: {subjects: [...subjects, {name: 'docker against Docker', read: lifeOf(peer.docker)}], missing: []};
	},
};
