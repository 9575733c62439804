import process from 'node:process';
import {appendFile, readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {HolmError} from '../../../source/engine/errors.js';
import {serveWorker} from '../../../source/host/workers/worker-service.js';
import {type Errand} from './errand.js';

const words: string[] = [];

const crashes = async (file: string) => {
	try {
		return (await readFile(file, 'utf8')).length;
	} catch {
		return 0;
	}
};

await serveWorker(process.argv[2], async (errand: Errand): Promise<unknown> => {
	switch (errand.do) {
		case 'remember': {
			await sleep(errand.afterMs ?? 0);
			words.push(errand.word);
			return words.length;
		}

		case 'recall': {
			return {pid: process.pid, words, arguments: process.argv.slice(3)};
		}

		case 'refuse': {
			throw new HolmError('conflict', 'The port 80 is taken', {remedy: 'take another'});
		}

		case 'fail': {
			throw new TypeError('Something is not a function');
		}

		case 'crash': {
			if (await crashes(errand.file) < errand.times) {
				await appendFile(errand.file, '.');
				process.kill(process.pid, 'SIGKILL');
			}

			return 'alive';
		}

		case 'hang': {
			return Promise.withResolvers().promise;
		}

		case 'environment': {
			return Object.keys(process.env);
		}
	}

	throw new HolmError('invalid', 'No such errand');
});
