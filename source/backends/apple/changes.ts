import type {ChangesVerbs} from '../../engine/changes.js';
import {listChanges} from '../../rules/containers/file-changes.js';
import {publishOf, type Context} from './context.js';
import {readChanges} from './file-systems.js';
import {readItem} from './listing.js';
import {createSpool, outputOf} from './spool.js';

export const changesVerbs = (context: Context): ChangesVerbs => ({
	async changes(reference) {
		const item = await readItem(context, reference);
		await using spool = await createSpool();
		const {changes} = await readChanges(context, item, spool.path('export.tar'));
		return listChanges(changes, []);
	},
	async exportContainer(reference) {
		const item = await readItem(context, reference);
		publishOf(context, item, 'export');
		return outputOf(await context.program(), ['export', item.apple.id]);
	},
});
