import {HolmError} from '../../engine/errors.js';
import type {SessionsVerbs} from '../../engine/sessions.js';
import {machineOf, publishContainer} from './context.js';
import {findContainer} from './find.js';
import {attach} from './streams.js';
import type {VerbContext} from './verb-context.js';

export const sessionsVerbs = (context: VerbContext): SessionsVerbs => ({
	async attachContainer(reference, attachOptions) {
		const entry = findContainer(context, reference);
		if (entry.container.status.state === 'paused') {
			throw new HolmError('conflict', `container ${entry.container.name} is paused`, {remedy: `unpause it before attaching: holm unpause ${entry.container.name}`});
		}

		publishContainer(context, entry, 'attach');
		return attach(context, entry, attachOptions);
	},
	async resizeContainer(reference, {rows, columns}) {
		const entry = findContainer(context, reference);
		const machine = machineOf(entry);
		if (!machine) {
			throw new HolmError('conflict', `container ${entry.container.name} is not running`, {remedy: `holm start ${entry.container.name}`});
		}

		await machine.resize(rows, columns);
	},
});
