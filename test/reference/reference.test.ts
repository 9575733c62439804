import {access, readFile} from 'node:fs/promises';
import test from 'ava';
import {groups} from '../../source/commands/command-table.js';
import {commandHelp} from '../../source/commands/help.js';
import {referencePages} from './pages.js';

test('the reference says what the tables of commands and keys say', async t => {
	for (const [file, text] of Object.entries(await referencePages())) {
		const written = await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');
		t.true(written === text, `${file} is out of date: npm run reference`);
	}
});

test('no command is missing in the reference', async t => {
	const page = await readFile(new URL('../../../docs/commands.md', import.meta.url), 'utf8');
	for (const [name, {entries}] of Object.entries(groups)) {
		for (const [entry, {summary, load}] of Object.entries(entries)) {
			const {command} = await load();
			const isThere = page.includes(commandHelp(`${name} ${entry}`, summary, command)) || page.includes(commandHelp(entry, summary, command));
			t.true(isThere, `holm ${name} ${entry}`);
		}
	}
});

test('the files that the architecture names are there', async t => {
	const text = await readFile(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');
	const files = text.matchAll(/`(?<file>[\w.\-]+(?:\/[\w.\-]+)+\.tsx?)`/gv).map(match => match.groups!.file!).toArray();
	t.true(files.length > 40);
	for (const file of files) {
		await t.notThrowsAsync(access(new URL(`../../../source/${file}`, import.meta.url)), file);
	}
});
