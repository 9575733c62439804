/**
Runs the cases on hosts as users have them, one after the other: `npm run test:hosts`, `npm run test:hosts -- debian-13-userland volumes`, `npm run test:hosts -- --list`.
*/
import process from 'node:process';
import {HolmError, messageOf} from '../../source/engine/errors.js';
import {cases} from './cases.js';
import {choose} from './choose.js';
import {kinds} from './kinds.js';
import {report} from './report.js';
import {visit} from './visit.js';

const write = (text: string) => {
	process.stdout.write(`${text}\n`);
};

const words = process.argv.slice(2);
if (words.includes('--list')) {
	for (const {name, describe} of [...kinds, ...cases]) {
		write(`${name}: ${describe}`);
	}
} else {
	const interruption = new AbortController();
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => {
			interruption.abort();
		});
	}

	try {
		const startedAt = performance.now();
		const outcomes = await visit(choose(words, kinds, cases), {
			say(line) {
				write(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${line}`);
			},
			signal: interruption.signal,
		});
		write(`\n${report(outcomes)}`);
		// A named case that could not run counts as failed.
		const isDone = outcomes.every(({result}) => result === 'passed' || (result === 'skipped' && words.length === 0)) && outcomes.some(({result}) => result === 'passed');
		process.exitCode = isDone && !interruption.signal.aborted ? 0 : 1;
	} catch (error) {
		write(error instanceof HolmError && error.remedy !== undefined ? `${messageOf(error)} (${error.remedy})` : messageOf(error));
		process.exitCode = 1;
	}
}
