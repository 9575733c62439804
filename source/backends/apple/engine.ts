import type {Engine} from '../../engine/engine.js';
import {archivesVerbs} from './archives.js';
import {buildVerbs} from './build.js';
import {changesVerbs} from './changes.js';
import {commitsVerbs} from './commits.js';
import {containersVerbs} from './containers.js';
import {createContext, type AppleOptions, type Context} from './context.js';
import {eventsVerbs} from './events.js';
import {execsVerbs} from './execs.js';
import {imagesVerbs} from './images.js';
import {lifecycleVerbs} from './lifecycle.js';
import {logsVerbs} from './logs.js';
import {networksVerbs} from './networks.js';
import {resume} from './resume.js';
import {hasKernel, kernelCommand, startService} from './service.js';
import {sessionsVerbs} from './sessions.js';
import {snapshotVerbs} from './snapshot.js';
import {statsVerbs} from './stats.js';
import {systemVerbs} from './system.js';
import {transferVerbs} from './transfer.js';
import type {Transport} from './transport.js';
import {volumesVerbs} from './volumes.js';

const engineOf = (context: Context): Engine => ({
	...containersVerbs(context),
	...lifecycleVerbs(context),
	...logsVerbs(context),
	...sessionsVerbs(context),
	...execsVerbs(context),
	...statsVerbs(context),
	...archivesVerbs(context),
	...changesVerbs(context),
	...commitsVerbs(context),
	...networksVerbs(context),
	...imagesVerbs(context),
	...transferVerbs(context),
	...buildVerbs(context),
	...volumesVerbs(context),
	...systemVerbs(context),
	...eventsVerbs(context),
	...snapshotVerbs(context),
});

/**
An engine over Apple's program `container`, on a host that a transport reaches.

It runs nothing before the first verb. What Apple does not keep is in labels and in `~/.holm/apple` on that host; restart policies, health checks and events of others need this process.
*/
export const createAppleEngine = (transport: Transport, options: AppleOptions = {}): Engine => engineOf(createContext(transport, options));

export type KeeperOptions = Omit<AppleOptions, 'isKeeper'> & {
	/** Called for each slow step. */
	readonly onStep: (step: {readonly step: string; readonly detail: string}) => void;
};

/** The same for a process that stays: starts Apple's service if it does not run, and takes up the containers that earlier processes have made. */
export const openAppleEngine = async (transport: Transport, {onStep, ...options}: KeeperOptions): Promise<Engine> => {
	const context = createContext(transport, {...options, isKeeper: true});
	const program = await context.program();
	if (await startService(program) === 'started') {
		onStep({step: 'service', detail: 'started: container system start'});
	}

	if (!await hasKernel(program)) {
		onStep({step: 'warning, kernel', detail: `no container can start without one; holm setup installs it, or container ${kernelCommand.join(' ')}`});
	}

	await resume(context);
	return engineOf(context);
};
