import {encodeChanges} from '../../wire/encode/verbs.js';
import {ok, route} from '../exchange.js';
import {sendBytes} from '../streams.js';

export const changesRoutes = [
	route('GET', '/containers/{name}/changes', async ({engine, name}) => ok(encodeChanges(await engine.changes(name)))),
	route('GET', '/containers/{name}/export', async exchange => sendBytes(exchange, await exchange.engine.exportContainer(exchange.name), 'application/x-tar')),
];
