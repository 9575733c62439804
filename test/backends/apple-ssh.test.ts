import process from 'node:process';
import {connect} from '../../source/daemon/connect.js';
import {testEngine} from '../contract/engine.js';
import {startMac} from './apple/helpers/mac.js';
import {startStandIn} from './apple/stand-in/server.js';

// The verbs are those of `apple.test.ts`, and all of them take a minute more. Streams are what a link could change.
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
}, {timeout: 60_000, isOfStreamsAlone: !process.env.HOLM_LONG_TESTS, lacks: {
	machine: true, registry: true, restingLeases: true, subpaths: true, pause: true,
	hostnames: true, addresses: true, connecting: true, freeNetworks: true, filledVolumes: true, bothFamilies: true,
}});
