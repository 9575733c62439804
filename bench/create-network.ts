import {randomBytes} from 'node:crypto';
import {threeWays} from './docker.js';
import {timeOf, type Measurement} from './measurement.js';

export const measurement: Measurement = {
	name: 'create-network',
	title: '`network create NAME`, from the command to its end',
	metrics: [{name: 'time', unit: 'ms'}],
	rounds: 9,
	open: async site => threeWays(site, command => async () => {
		const name = `bench-${randomBytes(4).toString('hex')}`;
		const time = await timeOf(async () => command('network', 'create', name));
		// The next one finds the same host.
		await command('network', 'rm', name);
		return time;
	}),
};
