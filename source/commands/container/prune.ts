import {definePrune} from '../prune.js';

export const command = definePrune({
	warning: 'This will remove all stopped containers.',
	heading: 'Deleted Containers',
	prune: async (engine, filters) => engine.pruneContainers(filters),
});
