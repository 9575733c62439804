import {idleCommand} from './bench-engine.js';
import {openDocker} from './docker.js';
import {timeOf, type Measurement, type Subject} from './measurement.js';

export const measurement: Measurement = {
	name: 'run-detached',
	title: '`run -d` until the process runs',
	metrics: [{name: 'time', unit: 'ms'}],
	rounds: 7,
	async open(site) {
		const {holm, start, remove} = await site.engine();
		const subjects: Subject[] = [{
			name: 'Holm',
			async read() {
				let id = '';
				const time = await timeOf(async () => {
					id = await start();
				});
				const {stdout} = await holm('inspect', '--format', '{{.State.Status}}', id);
				await remove([id]);
				if (stdout.trim() !== 'running') {
					throw new Error(`the container is ${stdout.trim()} after holm run -d`);
				}

				return time;
			},
		}];
		const peer = await openDocker(site, await site.engine());
		if (typeof peer === 'string') {
			return {subjects, missing: [peer]};
		}

		subjects.push({
			name: 'Docker',
			async read() {
				let id = '';
				const time = await timeOf(async () => {
					const {stdout} = await peer.docker('run', '--detach', peer.image, ...idleCommand);
					id = stdout.trim();
				});
				await peer.docker('rm', '--force', id);
				return time;
			},
		});
		return {subjects, missing: []};
	},
};
