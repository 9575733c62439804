import {createAppleEngine} from '../source/backends/apple/engine.js';
import {createLocalTransport} from '../source/backends/apple/local.js';
import {createRemoteTransport} from '../source/backends/apple/remote.js';
import {hostFor} from '../source/backends/ssh/dial.js';
import {defaultConfiguration} from '../source/dashboard/state/config.js';
import {createStore, type Store} from '../source/dashboard/state/store.js';
import type {Engine} from '../source/engine/engine.js';
import {parseTarget} from '../source/wire/ssh-target.js';
import {startMac} from '../test/backends/apple/helpers/mac.js';
import {startStandIn} from '../test/backends/apple/stand-in/server.js';
import type {Site} from './measurement.js';

type StandIn = Awaited<ReturnType<typeof startStandIn>>;

/** A way to Apple's program. */
export type Way = {readonly name: string; readonly open: (standIn: StandIn, stack: AsyncDisposableStack) => Promise<Engine>};

/** All ways that are measured. */
export const ways: readonly Way[] = [
	{
		name: 'this host',
		async open({environment}, stack) {
			const transport = createLocalTransport({environment});
			stack.defer(() => {
				transport.close();
			});
			return createAppleEngine(transport);
		},
	},
	{
		name: 'over SSH',
		async open({environment}, stack) {
			const mac = await startMac(environment);
			stack.defer(mac.close);
			const {link, another} = hostFor(parseTarget(mac.target), {environment: mac.environment});
			const transport = createRemoteTransport({name: `ssh://${mac.target}`, link, another});
			stack.defer(() => {
				transport.close();
			});
			return createAppleEngine(transport);
		},
	},
];

/** A stand-in for Apple's program, which takes as long for statistics as that does. */
export const openStandIn = async ({stack}: Site): Promise<StandIn> => {
	const standIn = await startStandIn();
	stack.defer(standIn.close);
	standIn.switches.statsMs = 2000;
	return standIn;
};

/** The data of a dashboard, which reads what that shows, as often as it does without a configuration. */
export const openStore = (engine: Engine, now?: () => number): Store =>
	createStore({connect: async () => engine, interval: defaultConfiguration.refreshInterval, now});

/** Resolves when something is so in the state of a store. */
export const until = async (store: Store, isSo: () => boolean): Promise<void> => new Promise(resolve => {
	const check = () => {
		if (isSo()) {
			end();
			resolve();
		}
	};

	const end = store.subscribe(check);
	check();
});

export const image = 'alpine/bash';
