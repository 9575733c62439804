import {type IncomingMessage} from 'node:http';
import type {Handler, Route} from './exchange.js';
import {archiveRoutes} from './routes/archives.js';
import {containerRoutes} from './routes/containers.js';
import {imageRoutes} from './routes/images.js';
import {imageTransferRoutes} from './routes/transfer.js';
import {lifeRoutes} from './routes/lifecycle.js';
import {networkRoutes} from './routes/networks.js';
import {sessionRoutes} from './routes/sessions.js';
import {systemRoutes} from './routes/system.js';
import {volumeRoutes} from './routes/volumes.js';
import {watchRoutes} from './routes/logs.js';

/** The first that matches counts, so that a fixed path comes before one with a name in it. */
const routes: readonly Route[] = [
	...systemRoutes,
	...containerRoutes,
	...lifeRoutes,
	...watchRoutes,
	...sessionRoutes,
	...archiveRoutes,
	...imageTransferRoutes,
	...imageRoutes,
	...networkRoutes,
	...volumeRoutes,
];

export type FoundRoute = {readonly handle: Handler; readonly name: string};

/** The handler of a path without its version, and the name in it. */
export const findRoute = (method: string, path: string): FoundRoute | undefined => {
	for (const route of routes) {
		const match = route.method === method ? route.pattern.exec(path) : null;
		if (match) {
			return {handle: route.handle, name: match.groups?.['name'] ?? ''};
		}
	}

	return undefined;
};

/** Whether a request is for a path whose connection becomes a session. */
export const isHijackRoute = ({method, url}: IncomingMessage): boolean =>
	method === 'POST' && /^(?:\/v[\d.]+)?\/(?:containers\/[^?]+\/attach|exec\/[^?]+\/start)(?:\?|$)/v.test(url ?? '');
