import {encodeSnapshot} from '../../wire/encode/system.js';
import {ok, route} from '../exchange.js';

/** An extension of Holm; Docker's API has no equivalent. */
export const snapshotRoutes = [
	route('GET', '/holm/snapshot', async ({engine, query}) => ok(encodeSnapshot(await engine.snapshot({stats: query.flag('stats')})))),
];
