import type {Program} from '../process.js';
import {cat} from './cat.js';
import {echo} from './echo.js';
import {entrypoint} from './entrypoint.js';
import {flood} from './flood.js';
import {
	nginx,
	postgres,
	python,
	redis,
} from './services.js';

export type BuiltIn = {readonly run: Program; /** Default `/bin`. */ readonly directory?: string};

/** The programs that every container has. */
export const programs: Readonly<Record<string, BuiltIn>> = {
	cat: {run: cat},
	'docker-entrypoint.sh': {run: entrypoint, directory: '/usr/local/bin'},
	echo: {run: echo},
	env: {
		async run({environment, stdout}) {
			await stdout.write(environment.entries().map(([name, value]) => `${name}=${value}\n`).toArray().join(''));
			return 0;
		},
		directory: '/usr/bin',
	},
	false: {run: async () => 1},
	flood: {run: flood, directory: '/usr/bin'},
	hostname: {
		async run({host, stdout}) {
			await stdout.write(`${host.hostname}\n`);
			return 0;
		},
	},
	nginx: {run: nginx, directory: '/usr/sbin'},
	postgres: {run: postgres, directory: '/usr/local/bin'},
	python: {run: python, directory: '/usr/local/bin'},
	python3: {run: python, directory: '/usr/local/bin'},
	'redis-server': {run: redis, directory: '/usr/local/bin'},
	sleep: {
		async run({host, signal, command}) {
			await host.sleep(command.slice(1).reduce((sum, text) => sum + Number.parseFloat(text), 0) * 1000, signal);
			return 0;
		},
	},
	true: {run: async () => 0},
};
