/**
Loaded into each of ava's processes before its test file. For `npm test` it records the start and the duration of the file, and what it still waits for.
*/
import {appendFileSync, readFileSync} from 'node:fs';
import process from 'node:process';
import test from 'ava';

/** A file with lines of JSON: a test file's URL with its process, and later with its seconds. */
const record = process.env.HOLM_TEST_TIMES;

/** The command lines of this process's children, if the kernel provides them. */
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
