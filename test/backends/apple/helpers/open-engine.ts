import type {ExecutionContext} from 'ava';
import {createAppleEngine} from '../../../../source/backends/apple/engine.js';
import {createLocalTransport} from '../../../../source/backends/apple/local.js';
import {startStandIn} from '../stand-in/server.js';

/** An engine over a stand-in of its own, with more variables for the program. Both end with the test. */
export const openEngine = async (t: ExecutionContext, environment: Readonly<Record<string, string>> = {}) => {
	const standIn = await startStandIn();
	const transport = createLocalTransport({environment: {...standIn.environment, ...environment}});
	t.teardown(async () => {
		transport.close();
		await standIn.close();
	});
	return {standIn, transport, engine: createAppleEngine(transport)};
};
