import {
	hint,
	honoured,
	honouredExcept,
	nested,
	otherThan,
	refused,
	type FieldTable,
} from './rule.js';

/** An item of `HostConfig.Mounts`. */
export const mountFields: FieldTable = {
	BindOptions: nested('object', {
		CreateMountpoint: honoured(),
		NonRecursive: refused('a mount includes those below it', 'mount the directories that are wanted'),
		Propagation: hint('mounts made after the start do not reach the machine', otherThan('private', 'rprivate')),
		ReadOnlyForceRecursive: honoured('read-only always applies to the mounts below'),
		ReadOnlyNonRecursive: hint('read-only applies to the mounts below'),
	}),
	Consistency: honoured('both sides see the same files'),
	ImageOptions: refused('the engine has no mounts of images', 'bind, volume or tmpfs'),
	ReadOnly: honoured(),
	Source: honoured(),
	Target: honoured(),
	TmpfsOptions: nested('object', {
		Mode: honoured(),
		Options: refused('options of a tmpfs are not read here', 'give them in HostConfig.Tmpfs'),
		SizeBytes: honoured(),
	}),
	Type: honouredExcept('`npipe`, `cluster`, `image`', value => ['npipe', 'cluster', 'image'].includes(value as string), 'the engine has no such mounts', 'bind, volume or tmpfs'),
	VolumeOptions: nested('object', {
		DriverConfig: nested('object', {
			Name: honouredExcept('other than `local`', otherThan('local'), 'it is the only volume driver', 'local'),
			Options: refused('options of a driver are not given at a mount', 'create the volume with them first'),
		}),
		Labels: hint('labels are not given at a mount; create the volume with them first'),
		NoCopy: honoured(),
		Subpath: honoured(),
	}),
};
