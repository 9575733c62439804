import {hint, honoured, honouredExcept, otherThan, refused, type FieldTable} from './rule.js';

/** The body of `POST /volumes/create`. */
export const volumeFields: FieldTable = {
	ClusterVolumeSpec: refused('it is for swarms', 'leave it out'),
	Driver: honouredExcept('other than `local`', otherThan('local'), 'volumes are directories of this host', 'the only driver is local'),
	DriverOpts: honoured('`type=none`, `o=bind` and `device`, filled from the image if it is empty, or `type=tmpfs`, which is empty at each start; others are refused'),
	Labels: honoured(),
	Name: honoured(),
	...Object.fromEntries(['CreatedAt', 'Mountpoint', 'Scope', 'Status', 'UsageData'].map(name => [name, hint('it is a result; device in DriverOpts names a directory')])),
};
