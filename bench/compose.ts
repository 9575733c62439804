import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {run} from '../source/host/run.js';
import {findPlugin} from '../test/hosts/userland.js';
import {idleCommand, image} from './bench-engine.js';
import {openDocker} from './docker.js';
import {timeOf, type Measurement, type Subject} from './measurement.js';

const services = ['one', 'two', 'three', 'four', 'five'];

/** Five services, each of which waits for the one before it. Sleep ignores the usual signal. */
const projectOf = (tag: string) => JSON.stringify({
	name: 'bench',
	services: Object.fromEntries(services.map((service, index) => [service, {
		image: tag, command: idleCommand, stop_signal: 'SIGKILL', depends_on: services.slice(Math.max(index - 1, 0), index),
	}])),
});

export const measurement: Measurement = {
	name: 'compose',
	title: 'Compose with a project of five services',
	metrics: [{name: 'up --detach', unit: 'ms'}, {name: 'down', unit: 'ms'}],
	rounds: 5,
	async open(site) {
		const program = await findPlugin('docker-compose');
		if (!program) {
			return {subjects: [], missing: ['Debian 13\'s docker-compose, which npm test fetches']};
		}

		const subjectOf = async (name: string, host: string | undefined, tag: string): Promise<Subject> => {
			const file = path.join(await site.directory(), 'compose.yaml');
			await writeFile(file, projectOf(tag));
			const compose = async (...words: readonly string[]) =>
				run(program, ['--file', file, ...words], {environment: host === undefined ? {} : {DOCKER_HOST: host}});
			site.stack.defer(async () => {
				await compose('down', '--timeout', '1');
			});
			return {
				name,
				async read() {
					const [up] = await timeOf(async () => compose('up', '--detach'));
					const {stdout} = await compose('ps', '--quiet');
					const [down] = await timeOf(async () => compose('down'));
					const running = stdout.trim().split('\n').length;
					if (running !== services.length) {
						throw new Error(`${running} of ${services.length} services run`);
					}

					return [up, down];
				},
			};
		};

		const engine = await site.engine();
		const own = await subjectOf('Compose with Holm', `unix://${engine.paths.socket}`, image);
		const peer = await openDocker(site, engine);
		if (typeof peer === 'string') {
			return {subjects: [own], missing: [peer]};
		}

		return {subjects: [own, await subjectOf('Compose with Docker', peer.address, peer.image)], missing: []};
	},
};
