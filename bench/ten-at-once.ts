import {idleCommand} from './bench-engine.js';
import {openDocker} from './docker.js';
import {timeOf, type Measurement, type Subject} from './measurement.js';

const ten = Array.from({length: 10}, (_, index) => index);

/** Starts ten containers at once, then removes those that started, even if others failed. */
const readingOf = async (start: () => Promise<string>, remove: (ids: readonly string[]) => Promise<unknown>) => {
	let started: Array<PromiseSettledResult<string>> = [];
	const time = await timeOf(async () => {
		started = await Promise.allSettled(ten.map(async () => start()));
	});
	await remove(started.filter(result => result.status === 'fulfilled').map(({value}) => value));
	const failed = started.find(result => result.status === 'rejected');
	if (failed) {
		throw failed.reason as Error;
	}

	return time;
};

export const measurement: Measurement = {
	name: 'ten-at-once',
	title: 'Ten `run -d` at once until all ten run',
	metrics: [{name: 'time', unit: 'ms'}],
	rounds: 3,
	async open(site) {
		const engine = await site.engine();
		const subjects: Subject[] = [{name: 'Holm', read: async () => readingOf(engine.start, engine.remove)}];
		const peer = await openDocker(site, engine);
		if (typeof peer === 'string') {
			return {subjects, missing: [peer]};
		}

		const start = async () => {
			const {stdout} = await peer.docker('run', '--detach', peer.image, ...idleCommand);
			return stdout.trim();
		};

		subjects.push({name: 'Docker', read: async () => readingOf(start, async ids => peer.docker('rm', '--force', ...ids))});
		return {subjects, missing: []};
	},
};
