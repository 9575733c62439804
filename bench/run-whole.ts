import {threeWays} from './docker.js';
import {timeOf, type Measurement} from './measurement.js';

export const measurement: Measurement = {
	name: 'run-whole',
	title: '`run --rm IMAGE true`, from the command to its end',
	metrics: [{name: 'time', unit: 'ms'}],
	rounds: 7,
	open: async site => threeWays(site, (command, image) => async () => timeOf(async () => command('run', '--rm', image, 'true'))),
};
