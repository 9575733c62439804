/**
Loaded into each process of ava before its test file: says when the file begins and how long it took, where `npm test` asks for it, and what it still waits for.
*/
import {appendFileSync, readFileSync} from 'node:fs';
import process from 'node:process';
import test from 'ava';

/** A file of lines of JSON: a file's address and its process, and later its address and its seconds. */
const record = process.env.HOLM_TEST_TIMES;

/** The command lines of the processes that this one started, where the kernel tells. */
const children = (): readonly string[] => {
	try {
		const ids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(id => id !== '');
		return ids.map(id => readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ').trim());
	} catch {
		return [];
	}
};

if (record !== undefined) {
	const tell = (value: object) => {
		appendFileSync(record, `${JSON.stringify({file: test.meta.file, ...value})}\n`);
	};

	tell({processId: process.pid});
	process.once('exit', () => {
		tell({seconds: performance.now() / 1000});
	});
	process.once('SIGUSR2', () => {
		process.stderr.write(`${test.meta.file} waits for ${[...process.getActiveResourcesInfo(), ...children()].join(', ')}\n`);
	});
}
