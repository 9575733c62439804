import {encodeEvent} from '../../wire/encode/system.js';
import {route, type Exchange} from '../exchange.js';
import {line, sendValues} from '../streams.js';

const events = async (exchange: Exchange) => {
	const {engine, query, signal} = exchange;
	// Zero is the beginning here, not the absence of a limit.
	const since = query.text('since') === '0' ? 0 : query.moment('since');
	const source = engine.events({since, until: query.moment('until'), filters: query.filters(), signal});
	return sendValues(exchange, source, {
		contentType: 'application/json',
		isImmediate: true,
		encode: event => line(encodeEvent(event)),
	});
};

export const eventsRoutes = [
	route('GET', '/events', events),
];
