import {definePrune} from '../prune.js';

export const command = definePrune({
	summary: 'Remove all stopped containers',
	warning: 'This will remove all stopped containers.',
	heading: 'Deleted Containers',
	prune: async (engine, filters) => engine.pruneContainers(filters),
});
