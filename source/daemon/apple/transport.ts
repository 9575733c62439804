import type {Transport} from '../../backends/apple/transport.js';
import type {Environment} from '../../backends/hosts/which-engine.js';
import {HolmError} from '../../engine/errors.js';

/** Where Apple's program runs: on this host, or on the one that follows `apple://`. */
export const openTransport = async (target: string | undefined, environment: Environment): Promise<Transport> => {
	if (target !== undefined) {
		throw new HolmError(
			'unsupported',
			`Apple's container on ${JSON.stringify(target.slice(0, 200))} cannot be reached over SSH yet`,
			{remedy: 'run holm --host apple on that Mac'},
		);
	}

	const {createLocalTransport} = await import('../../backends/apple/local.js');
	return createLocalTransport({environment});
};
