import type {Volume} from '../../engine/resources.js';
import {encodeTime} from '../times.js';

/** Docker's label of anonymous volumes. */
export const anonymousLabel = 'com.docker.volume.anonymous';

export const encodeVolume = (volume: Volume, usage?: {readonly bytes: number; readonly containers: number}) => ({
	CreatedAt: encodeTime(volume.createdAt),
	Driver: 'local',
	Labels: {...volume.labels, ...volume.anonymous && {[anonymousLabel]: ''}},
	Mountpoint: volume.mountpoint,
	Name: volume.name,
	Options: volume.options && Object.keys(volume.options).length > 0 ? {...volume.options} : null,
	Scope: 'local',
	...usage && {UsageData: {Size: usage.bytes, RefCount: usage.containers}},
});
