/**
Loaded into each process of ava before its test file: says at its end how long the file took, where `npm test` asks for it.
*/
import {appendFileSync} from 'node:fs';
import process from 'node:process';
import test from 'ava';

/** A file of lines of JSON: a file's address, and its seconds. */
const record = process.env.HOLM_TEST_TIMES;

if (record !== undefined) {
	process.once('exit', () => {
		appendFileSync(record, `${JSON.stringify([test.meta.file, performance.now() / 1000])}\n`);
	});
}
