import type {RegistryImage} from '../../engine/transfer.js';
import {platformFields} from './platform.js';

/** The answer of `GET /distribution/{name}/json`. */
export const encodeRegistryImage = ({digest, mediaType, sizeBytes, platforms}: RegistryImage) => ({
	Descriptor: {mediaType, digest, size: sizeBytes},
	Platforms: platforms.map(platform => platformFields(platform)),
});
