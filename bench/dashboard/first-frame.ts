import type {Measurement} from '../measurement.js';
import {demo, openHolm, openPrograms} from './programs.js';

export const measurement: Measurement = {
	name: 'first-frame',
	title: 'From the start of the program to its first complete frame (btop and lnav: to the last byte before 600 ms of silence)',
	metrics: [{name: 'time', unit: 'ms'}],
	rounds: 7,
	async open(site) {
		const {peers, missing, start} = await openPrograms(site);
		const programs = [await openHolm(site), demo, ...peers];
		// The first run of all fills the cache of compiled code.
		for (const program of programs.slice(0, 2)) {
			await using _ = await start(program);
		}

		return {
			subjects: programs.map(program => ({
				name: program.name,
				async read() {
					await using started = await start(program);
					return [started.firstFrame];
				},
			})),
			missing,
		};
	},
};
