import type {Volume} from '../../engine/resources.js';
import {anonymousLabel} from '../encode/volume.js';
import {fieldsOf, type Fields} from '../fields.js';
import {decodeTime} from '../times.js';
import {checkFields} from './fields/check.js';
import {volumeFields} from './fields/volume.js';

const madeUp = /^[\da-f]{64}$/v;

/** The answer of `GET /volumes/{name}`, of any engine. */
export const decodeVolume = (json: unknown): Volume => {
	const fields = fieldsOf(json);
	const {[anonymousLabel]: anonymous, ...labels} = fields.textMap('Labels');
	return {
		name: fields.text('Name'),
		createdAt: decodeTime(fields.text('CreatedAt')),
		mountpoint: fields.text('Mountpoint'),
		labels,
		// Before Docker 24, only the generated name marks an anonymous volume.
		anonymous: anonymous !== undefined || madeUp.test(fields.text('Name')),
		source: json,
	};
};

/** The body of `POST /volumes/create`. */
export const decodeCreateVolume = (body: Fields): {name?: string; labels: Record<string, string>} => {
	checkFields(volumeFields, body.raw);
	return {name: body.optionalText('Name'), labels: body.textMap('Labels')};
};
