import {randomUUID} from 'node:crypto';
import {image} from './bench-engine.js';
import {openBuilds, writeContext} from './build-kit.js';
import {timeOf, type Measurement, type Subject} from './measurement.js';

export const measurement: Measurement = {
	name: 'first-build',
	title: 'A build of one step, by the state of the builder before it',
	metrics: [{name: 'time', unit: 'ms'}, {name: 'more than with a running one', unit: 'ms'}],
	rounds: 2,
	async open(site) {
		const {holm, paths} = await site.engine();
		const builds = await openBuilds(site);
		const build = builds.on(`unix://${paths.socket}`);
		const buildOnce = async () => {
			const context = await writeContext(site, {Dockerfile: `FROM ${image}\nENV BUILD=${randomUUID()}\nRUN true\n`});
			return timeOf(async () => {
				// Buildx looks for another builder if this one takes too long to answer.
				await holm('builder', 'start');
				await build(context);
			});
		};

		await buildOnce();
		let runningMs = 0;
		const after = (name: string, prepare: () => Promise<unknown>): Subject => ({
			name,
			async read() {
				await prepare();
				const [time] = await buildOnce();
				return [time, time - runningMs];
			},
		});
		return {
			subjects: [
				{
					name: 'it runs',
					async read() {
						[runningMs] = await buildOnce();
						return [runningMs, 0];
					},
				},
				after('it is stopped', async () => holm('builder', 'stop')),
				after('there is none', async () => holm('builder', 'rm')),
			],
			missing: [],
		};
	},
};
