import {mountPath} from '../../rules/names.js';
import type {ContainerConfiguration, ImageConfiguration, Mount} from '../../engine/resources.js';

/** The configured mounts, and an anonymous volume for every other volume path of the image. */
export const mountsOf = (image: ImageConfiguration, {mounts}: Pick<ContainerConfiguration, 'mounts'>): readonly Mount[] => {
	const wanted = mounts.map(mount => ({...mount, target: mountPath(mount.target)}));
	const anonymous = image.volumes
		.map(target => mountPath(target))
		.filter(target => target.startsWith('/') && target !== '/' && !target.split('/').includes('..') && wanted.every(mount => mount.target !== target));
	return [...wanted, ...[...new Set(anonymous)].map((target): Mount => ({type: 'volume', source: '', target, readOnly: false}))];
};
