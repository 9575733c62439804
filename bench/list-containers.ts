import process from 'node:process';
import {findCommand} from '../source/host/setup/programs.js';
import {run} from '../source/host/run.js';
import {dockerOf, openDocker} from './docker.js';
import {timeOf, type Measurement, type Subject} from './measurement.js';

const running = 3;

export const measurement: Measurement = {
	name: 'list-containers',
	title: `\`ps\` with ${running} containers`,
	metrics: [{name: 'time', unit: 'ms'}],
	rounds: 15,
	async open(site) {
		const engine = await site.engine();
		const ids: string[] = [];
		site.stack.defer(async () => engine.remove(ids));
		for (let index = 0; index < running; index++) {
			ids.push(await engine.start());
		}

		const subjects: Subject[] = [
			{name: 'holm ps', read: async () => timeOf(async () => engine.holm('ps'))},
			{name: 'node -e 0, for comparison', read: async () => timeOf(async () => run(process.execPath, ['-e', '0']))},
		];
		if (!await findCommand('docker')) {
			return {subjects, missing: ['docker is not installed']};
		}

		subjects.push({name: 'docker ps of Holm', read: async () => timeOf(async () => dockerOf(engine)('ps'))});
		const peer = await openDocker(site, engine);
		if (typeof peer === 'string') {
			return {subjects, missing: [peer]};
		}

		const started = await Promise.all(ids.map(async () => peer.docker('run', '--detach', peer.image, 'sleep', '1000000')));
		site.stack.defer(async () => {
			await peer.docker('rm', '--force', ...started.map(({stdout}) => stdout.trim()));
		});
		subjects.push({name: 'docker ps of Docker', read: async () => timeOf(async () => peer.docker('ps'))});
		return {subjects, missing: []};
	},
};
