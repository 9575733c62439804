import type {Transport} from '../../backends/apple/transport.js';
import type {DialOptions} from '../../backends/ssh/dial.js';
import {parseTarget} from '../../wire/ssh-target.js';

/** Where Apple's program runs: on this host, or on the one that follows `apple://`. */
export const openTransport = async (target: string | undefined, options: DialOptions): Promise<Transport> => {
	if (target !== undefined) {
		const {openRemoteTransport} = await import('../remote-engine.js');
		return openRemoteTransport(parseTarget(target), options);
	}

	const {createLocalTransport} = await import('../../backends/apple/local.js');
	return createLocalTransport({environment: options.environment});
};
