import type {Volume} from '../../engine/resources.js';
import type {VolumeConfiguration} from '../../engine/volumes.js';
import {anonymousLabel} from '../encode/volume.js';
import {fieldsOf, type Fields} from '../fields.js';
import {decodeTime} from '../times.js';
import {checkFieldsStrictly} from './fields/check.js';
import {volumeFields} from './fields/volume.js';

const madeUp = /^[\da-f]{64}$/v;

/** The answer of `GET /volumes/{name}`, of any engine. */
export const decodeVolume = (json: unknown): Volume => {
	const fields = fieldsOf(json);
	const {[anonymousLabel]: anonymous, ...labels} = fields.textMap('Labels');
	const options = fields.textMap('Options');
	return {
		name: fields.text('Name'),
		createdAt: decodeTime(fields.text('CreatedAt')),
		mountpoint: fields.text('Mountpoint'),
		labels,
		...Object.keys(options).length > 0 && {options},
		// Before Docker 24, only the generated name marks an anonymous volume.
		anonymous: anonymous !== undefined || madeUp.test(fields.text('Name')),
		source: json,
	};
};

/** The body of `POST /volumes/create`. */
export const decodeCreateVolume = (body: Fields): VolumeConfiguration => {
	checkFieldsStrictly(volumeFields, body.raw);
	return {name: body.optionalText('Name'), labels: body.textMap('Labels'), options: body.textMap('DriverOpts')};
};
