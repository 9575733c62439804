import type {RegistryImage} from '../../engine/transfer.js';
import {fieldsOf} from '../fields.js';
import {platformOf} from './platform.js';

/** The answer of `GET /distribution/{name}/json`. */
export const decodeRegistryImage = (json: unknown): RegistryImage => {
	const fields = fieldsOf(json);
	const descriptor = fields.object('Descriptor');
	return {
		digest: descriptor.text('digest'),
		mediaType: descriptor.text('mediaType'),
		sizeBytes: descriptor.number('size'),
		platforms: fields.objects('Platforms').map(platform => platformOf(platform)),
	};
};
