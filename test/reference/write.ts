import {writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {referencePages} from './pages.js';

for (const [file, text] of Object.entries(await referencePages())) {
	await writeFile(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), text);
}
