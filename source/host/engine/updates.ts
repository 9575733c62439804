import type {Engine} from '../../engine/engine.js';
import {updatedConfiguration} from '../../rules/containers/update-container.js';
import {defaultSize, validateSize} from '../guest.js';
import type {Supervisor} from './supervisor.js';
import {publishContainer, saveContainer, type Entry, type Context} from './context.js';

/** Changes of what a container was created with. */
export const createUpdate = (context: Context, find: (reference: string) => Entry, supervisor: Supervisor): Engine['updateContainer'] => async (reference, update) => {
	const entry = find(reference);
	await entry.queue(async () => {
		const {configuration: before} = entry.container;
		const configuration = updatedConfiguration(entry.container, update);
		validateSize({cpus: configuration.cpus ?? defaultSize.cpus, memoryBytes: configuration.memory ?? defaultSize.memoryBytes});
		entry.container = {...entry.container, configuration};
		try {
			await saveContainer(context, entry);
		} catch (error) {
			// It may have ended meanwhile.
			entry.container = {...entry.container, configuration: before};
			throw error;
		}

		await supervisor.reconsiderRestart(entry);
		publishContainer(context, entry, 'update');
	});
	return {warnings: []};
};
