import {definePrune} from '../prune.js';

export const command = definePrune({
	warning: 'This will remove all custom networks not used by at least one container.',
	heading: 'Deleted Networks',
	withSpace: false,
	prune: async (engine, filters) => engine.pruneNetworks(filters),
});
