import {readFile} from 'node:fs/promises';
import test from 'ava';
import {referencePages} from './pages.js';

test('the reference says what the tables of commands and keys say', async t => {
	for (const [file, text] of Object.entries(await referencePages())) {
		const written = await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');
		t.true(written === text, `${file} is out of date: npm run reference`);
	}
});
