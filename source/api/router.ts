import type {Handler, Route} from './exchange.js';
import {archivesRoutes} from './routes/archives.js';
import {buildRoutes} from './routes/build.js';
import {builderRoutes} from './routes/builder.js';
import {changesRoutes} from './routes/changes.js';
import {commitsRoutes} from './routes/commits.js';
import {containersRoutes} from './routes/containers.js';
import {eventsRoutes} from './routes/events.js';
import {execsRoutes} from './routes/execs.js';
import {imagesRoutes} from './routes/images.js';
import {lifecycleRoutes} from './routes/lifecycle.js';
import {logsRoutes} from './routes/logs.js';
import {networksRoutes} from './routes/networks.js';
import {sessionsRoutes} from './routes/sessions.js';
import {snapshotRoutes} from './routes/snapshot.js';
import {statsRoutes} from './routes/stats.js';
import {swarmRoutes} from './routes/swarm.js';
import {systemRoutes} from './routes/system.js';
import {transferRoutes} from './routes/transfer.js';
import {volumesRoutes} from './routes/volumes.js';

/** The first match wins: fixed paths come before those with a name. */
const routes: readonly Route[] = [
	...systemRoutes,
	...eventsRoutes,
	...snapshotRoutes,
	...containersRoutes,
	...lifecycleRoutes,
	...logsRoutes,
	...sessionsRoutes,
	...execsRoutes,
	...statsRoutes,
	...archivesRoutes,
	...changesRoutes,
	...commitsRoutes,
	...networksRoutes,
	...imagesRoutes,
	...transferRoutes,
	...builderRoutes,
	...buildRoutes,
	...volumesRoutes,
	...swarmRoutes,
];

export type FoundRoute = {readonly handle: Handler; readonly name: string};

/** The handler for a path without its version, and the name in the path. */
export const findRoute = (method: string, path: string): FoundRoute | undefined => {
	for (const route of routes) {
		const match = route.method === method ? route.pattern.exec(path) : null;
		if (match) {
			return {handle: route.handle, name: match.groups?.name ?? ''};
		}
	}

	return undefined;
};
