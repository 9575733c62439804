import {HolmError} from '../engine/errors.js';

/** What the options of the driver `local` make of a volume. */
export type VolumeKind =
	/** A directory of the engine. */
	| {readonly type: 'directory'}
	/** A directory of the host. It must exist when a container starts. */
	| {readonly type: 'bind'; readonly device: string; readonly readOnly: boolean}
	/** A file system in memory, empty at each start. `options` are those of the mount. */
	| {readonly type: 'tmpfs'; readonly options: readonly string[]};

const known = new Set(['type', 'o', 'device']);

const shown = (text: string) => JSON.stringify(text.slice(0, 200));

/**
Interprets the options of Docker's volume driver `local`, which are arguments of mount(8): `type`, `o` and `device`.

Throws `invalid` for an unknown or missing option, and `unsupported` for other file systems.
*/
export const volumeKind = (options: Readonly<Record<string, string>> = {}): VolumeKind => {
	const unknown = Object.keys(options).find(key => !known.has(key));
	if (unknown !== undefined) {
		throw new HolmError('invalid', `invalid option: ${shown(unknown)}`, {remedy: 'the driver local has type, o and device'});
	}

	if (Object.keys(options).length === 0) {
		return {type: 'directory'};
	}

	const {type = '', o = '', device = ''} = options;
	const words = o.split(',').filter(Boolean);
	if (type === 'tmpfs') {
		return {type: 'tmpfs', options: words};
	}

	const isBind = words.includes('bind') || words.includes('rbind');
	if (!isBind || !['', 'none', 'bind'].includes(type)) {
		throw new HolmError('unsupported', `volumes of type ${shown(type || 'none')} are not supported`, {remedy: 'mount the file system on the host, and give its directory with type=none, o=bind and device=/directory'});
	}

	if (!device.startsWith('/') || device.includes('\0')) {
		throw new HolmError('invalid', device === '' ? 'missing required option: "device"' : `invalid option: device ${shown(device)} is not an absolute path`, {remedy: 'name a directory of the host'});
	}

	return {type: 'bind', device, readOnly: words.includes('ro')};
};
