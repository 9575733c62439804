import type {Transport} from '../../backends/apple/transport.js';
import type {Environment} from '../../backends/hosts/which-engine.js';
import {parseTarget} from '../../wire/ssh-target.js';

/** Where Apple's program runs: on this host, or on the one that follows `apple://`, by an SSH connection. */
export const openTransport = async (target: string | undefined, environment: Environment): Promise<Transport> => {
	if (target !== undefined) {
		const {openRemoteTransport} = await import('../remote-engine.js');
		return openRemoteTransport(parseTarget(target), {environment});
	}

	const {createLocalTransport} = await import('../../backends/apple/local.js');
	return createLocalTransport({environment});
};
