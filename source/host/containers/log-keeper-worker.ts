import {setTimeout as sleep} from 'node:timers/promises';
import {messageOf} from '../../engine/errors.js';
import {serveWorker} from '../workers/worker-service.js';
import {createLogKeeper} from './keep-logs.js';

const [station, machines = ''] = process.argv.slice(2);
const complain = (line: string) => {
	process.stderr.write(`${new Date().toISOString()} ${line}\n`);
};

const keeper = createLogKeeper({machines, complain});
// It serves no requests. The connection only shows that it runs.
await serveWorker(station, async () => undefined);
let complaint = '';
for (;;) {
	let pause = 1000;
	try {
		pause = await keeper.look();
	} catch (error) {
		const line = messageOf(error);
		if (line !== complaint) {
			complaint = line;
			complain(line);
		}
	}

	await sleep(pause);
}
