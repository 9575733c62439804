import {access, readFile} from 'node:fs/promises';
import test from 'ava';
import {referencePages} from './pages.js';

test('the reference says what the tables of commands and keys say', async t => {
	for (const [file, text] of Object.entries(await referencePages())) {
		const written = await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');
		t.true(written === text, `${file} is out of date: npm run reference`);
	}
});

test('the files that the architecture names are there', async t => {
	const text = await readFile(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');
	const files = text.matchAll(/`(?<file>[\w.\-]+(?:\/[\w.\-]+)+\.tsx?)`/gv).map(({groups}) => groups!.file!).toArray();
	t.true(files.length > 40);
	for (const file of files) {
		await t.notThrowsAsync(access(new URL(`../../../source/${file}`, import.meta.url)), file);
	}
});
