import {createAppleEngine} from '../../source/backends/apple/engine.js';
import {createLocalTransport} from '../../source/backends/apple/local.js';
import {testEngine} from '../contract/engine.js';
import {startStandIn} from './apple/stand-in/server.js';

testEngine('apple', async () => {
	const standIn = await startStandIn();
	const transport = createLocalTransport({environment: standIn.environment});
	return {
		engine: createAppleEngine(transport),
		image: 'alpine/bash',
		async close() {
			transport.close();
			await standIn.close();
		},
	};
}, {timeout: 60_000, lacks: {
	machine: true, registry: true, restingLeases: true, subpaths: true, pause: true,
	hostnames: true, addresses: true, connecting: true, freeNetworks: true, filledVolumes: true, bothFamilies: true,
}});
