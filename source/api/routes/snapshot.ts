import {encodeSnapshot} from '../../wire/encode/system.js';
import {ok, route} from '../exchange.js';

/** Holm's own: Docker's API has no word for it. */
export const snapshotRoutes = [
	route('GET', '/holm/snapshot', async ({engine, query}) => ok(encodeSnapshot(await engine.snapshot({stats: query.flag('stats')})))),
];
