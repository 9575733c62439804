import process from 'node:process';
import {clearMachine} from '../../../source/host/machines/machine.js';
import {writeRecord} from '../../../source/host/machines/record.js';
import {serveShares, type Share} from '../../../source/host/machines/shares.js';
import {readMounts} from '../../../source/host/mounts.js';

/**
Serves shares like an engine, in a separate process that can be killed and can have its own mounts: `serve`, `hang` before the server starts, or `clear`. Prints a line of JSON for each step.
*/
const [verb, directory = '', shares = '[]'] = process.argv.slice(2);
const say = (line: Readonly<Record<string, unknown>>) => {
	process.stdout.write(`${JSON.stringify(line)}\n`);
};

try {
	if (verb === 'clear') {
		await clearMachine(directory);
	} else {
		await serveShares(directory, JSON.parse(shares) as readonly Share[], {
			uid: 1_800_000_001,
			gid: 1_800_000_001,
			async record(identity) {
				await writeRecord(directory, {shares: identity});
				say({pid: identity.pid});
				if (verb === 'hang') {
					await new Promise(() => {});
				}
			},
		});
	}

	const mounts = await readMounts();
	say({mounts: mounts.map(({target}) => target).filter(target => target.startsWith(directory))});
	setInterval(() => undefined, 1e6);
} catch (error) {
	const {code, message} = error as Error & {readonly code: string};
	say({code, message});
	process.exit(1);
}
