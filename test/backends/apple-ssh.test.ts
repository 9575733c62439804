import {connect} from '../../source/daemon/connect.js';
import {testEngine} from '../contract/engine.js';
import {startMac} from './apple/helpers/mac.js';
import {startStandIn} from './apple/stand-in/server.js';

testEngine('apple over SSH', async () => {
	const standIn = await startStandIn();
	const mac = await startMac(standIn.environment);
	return {
		engine: await connect({host: `apple://${mac.target}`, environment: mac.environment}),
		image: 'alpine/bash',
		async close() {
			await mac.close();
			await standIn.close();
		},
	};
}, {timeout: 60_000, lacks: {
	machine: true, registry: true, restingLeases: true, subpaths: true, pause: true,
	hostnames: true, addresses: true, connecting: true, freeNetworks: true, filledVolumes: true, bothFamilies: true,
}});
