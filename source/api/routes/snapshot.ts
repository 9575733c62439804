import type {Attention} from '../../engine/snapshot.js';
import {encodeSnapshot} from '../../wire/encode/system.js';
import type {Query} from '../query.js';
import {ok, route} from '../exchange.js';

const kinds = ['networks', 'images', 'volumes'] as const;

/** Of those who take snapshots again and again. */
const attentionOf = (query: Query): Attention | undefined => {
	const idleMs = query.wholeNumber('idle');
	const shown = query.all('shown');
	return idleMs === undefined ? undefined : {idleMs: Math.max(idleMs, 0), shown: kinds.filter(kind => shown.includes(kind))};
};

/** An extension of Holm; Docker's API has no equivalent. */
export const snapshotRoutes = [
	route('GET', '/holm/snapshot', async ({engine, query}) => {
		const attention = attentionOf(query);
		return ok(encodeSnapshot(await engine.snapshot({stats: query.flag('stats'), ...attention && {attention}})));
	}),
];
