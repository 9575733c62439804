import type {EngineEvent} from '../../engine/resources.js';
import {fieldsOf} from '../fields.js';

const eventTypes = ['container', 'network', 'image', 'volume', 'daemon'] as const;

/** One line of `GET /events`; undefined for types that Holm lacks, such as `plugin`. */
export const decodeEvent = (json: unknown): EngineEvent | undefined => {
	const fields = fieldsOf(json);
	const type = eventTypes.find(known => known === fields.text('Type'));
	const actor = fields.object('Actor');
	return type && {
		time: Math.floor(fields.number('timeNano') / 1e6) || fields.number('time') * 1000,
		type,
		action: fields.text('Action'),
		id: actor.text('ID'),
		attributes: actor.textMap('Attributes'),
	};
};
