import type {SessionsVerbs} from '../../engine/sessions.js';
import {machineOf, publishContainer} from './context.js';
import {findContainer} from './find.js';
import {assertAllowed} from './phases.js';
import {attach} from './streams.js';
import type {VerbContext} from './verb-context.js';

export const sessionsVerbs = (context: VerbContext): SessionsVerbs => ({
	async attachContainer(reference, attachOptions) {
		const entry = findContainer(context, reference);
		assertAllowed('attach', entry);
		publishContainer(context, entry, 'attach');
		return attach(context, entry, attachOptions);
	},
	async resizeContainer(reference, {rows, columns}) {
		const entry = findContainer(context, reference);
		assertAllowed('resize', entry);
		await machineOf(entry)!.resize(rows, columns);
	},
});
