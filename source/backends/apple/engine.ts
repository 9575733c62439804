import type {Engine} from '../../engine/engine.js';
import {archivesVerbs} from './archives.js';
import {buildVerbs} from './build.js';
import {changesVerbs} from './changes.js';
import {commitsVerbs} from './commits.js';
import {containersVerbs} from './containers.js';
import {createContext, type AppleOptions} from './context.js';
import {eventsVerbs} from './events.js';
import {execsVerbs} from './execs.js';
import {imagesVerbs} from './images.js';
import {lifecycleVerbs} from './lifecycle.js';
import {logsVerbs} from './logs.js';
import {networksVerbs} from './networks.js';
import {sessionsVerbs} from './sessions.js';
import {snapshotVerbs} from './snapshot.js';
import {statsVerbs} from './stats.js';
import {systemVerbs} from './system.js';
import {transferVerbs} from './transfer.js';
import type {Transport} from './transport.js';
import {volumesVerbs} from './volumes.js';

/**
An engine over Apple's program `container`, on a host that a transport reaches.

It runs nothing before the first verb. What Apple does not keep is in labels and in `~/.holm/apple` on that host; restart policies, health checks and events of others need this process.
*/
export const createAppleEngine = (transport: Transport, options: AppleOptions = {}): Engine => {
	const context = createContext(transport, options);
	return {
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
	};
};
