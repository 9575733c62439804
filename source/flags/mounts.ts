import path from 'node:path';
import {HolmError} from '../engine/errors.js';
import type {Mount} from '../engine/resources.js';
import {parseMountOptions} from '../engine/mount-options.js';
import {splitFirst} from './split-arguments.js';
import {parseName} from './names.js';

const refuse = (flag: string, value: string, reason: string, remedy: string) => new HolmError('invalid', `invalid value "${value}" for ${flag}: ${reason}`, {remedy});

const parseTarget = (flag: string, value: string, target: string): string => {
	if (!path.posix.isAbsolute(target)) {
		throw refuse(flag, value, `"${target}" is not an absolute path`, 'the path inside the container starts with /');
	}

	const normal = path.posix.normalize(target);
	if (normal === '/') {
		throw refuse(flag, value, 'nothing can be mounted on /', 'choose a directory below it');
	}

	return normal.replace(/\/$/v, '');
};

const isPath = (source: string) => /^(?:\/|\.\.?(?:\/|$))/v.test(source);

/** The mount of one `-v`: `/host:/inside[:ro]`, `./relative:/inside`, `name:/inside[:nocopy]`, or `/inside` alone for an anonymous volume. */
export const parseVolume = (value: string, workingDirectory: string): Mount => {
	const parts = value.split(':');
	if (parts.length > 3 || parts.includes('')) {
		throw refuse('-v', value, 'it has an empty part or too many colons', 'write SOURCE:TARGET[:ro]');
	}

	if (parts.length === 1) {
		return {
			type: 'volume', source: '', target: parseTarget('-v', value, parts[0]!), readOnly: false,
		};
	}

	const [source, target, given = ''] = parts as [string, string, string?];
	const {readOnly, noCopy, unknown} = parseMountOptions(given);
	if (unknown !== undefined) {
		throw refuse('-v', value, `unknown option "${unknown}"`, 'the options are ro, rw and nocopy');
	}

	const inside = parseTarget('-v', value, target);
	return isPath(source)
		? {
			type: 'bind', source: path.resolve(workingDirectory, source), target: inside, readOnly, createSource: true,
		}
		: {
			type: 'volume', source: parseName('volume', source), target: inside, readOnly, ...noCopy && {noCopy},
		};
};

/** The mount of one `--tmpfs`: `/inside[:size=64m,…]`. */
export const parseTmpfs = (value: string): Mount => {
	const [target, options = ''] = splitFirst(value, ':');
	const given = options.split(',').filter(Boolean);
	return {
		type: 'tmpfs', target: parseTarget('--tmpfs', value, target), readOnly: given.includes('ro'), options: given.filter(option => option !== 'ro'),
	};
};

const canonical: Readonly<Record<string, string>> = {
	src: 'source', destination: 'target', dst: 'target', ro: 'readonly',
};
const keys = new Set(['type', 'source', 'target', 'readonly', 'tmpfs-size', 'tmpfs-mode', 'bind-propagation', 'consistency', 'volume-nocopy', 'volume-subpath']);

/** The mount of one `--mount`: `type=bind|volume|tmpfs,source=…,target=…[,readonly]`. */
export const parseMount = (value: string, workingDirectory: string): Mount => {
	const fields = new Map<string, string>();
	for (const field of value.split(',')) {
		const [name = '', ...rest] = field.split('=');
		const key = canonical[name] ?? name;
		if (!keys.has(key)) {
			throw refuse('--mount', value, `unknown key "${name}"`, `the keys are ${[...keys].join(', ')}`);
		}

		fields.set(key, rest.length === 0 ? 'true' : rest.join('='));
	}

	const type = fields.get('type') ?? 'volume';
	const source = fields.get('source') ?? '';
	const target = parseTarget('--mount', value, fields.get('target') ?? '');
	const isSet = (key: string) => ['true', '1'].includes(fields.get(key) ?? '');
	const isReadOnly = isSet('readonly');
	if (type === 'bind') {
		if (source === '') {
			throw refuse('--mount', value, 'a bind needs source=PATH', 'add the directory or file of the host');
		}

		return {
			type, source: path.resolve(workingDirectory, source), target, readOnly: isReadOnly,
		};
	}

	if (type === 'volume') {
		const subpath = fields.get('volume-subpath');
		return {
			type,
			source: source === '' ? '' : parseName('volume', source),
			target,
			readOnly: isReadOnly,
			...isSet('volume-nocopy') && {noCopy: true},
			...subpath !== undefined && {subpath},
		};
	}

	if (type === 'tmpfs') {
		const options = [['size', fields.get('tmpfs-size')], ['mode', fields.get('tmpfs-mode')]].filter(([, option]) => option !== undefined).map(option => option.join('='));
		return {
			type, target, readOnly: isReadOnly, options,
		};
	}

	throw refuse('--mount', value, `unknown type "${type}"`, 'the types are bind, volume and tmpfs');
};

export type MountFlags = {readonly volume: readonly string[]; readonly mount: readonly string[]; readonly tmpfs: readonly string[]};

/** All mounts of a container. Throws `invalid` for two on one path. */
export const parseMounts = (flags: MountFlags, workingDirectory: string): readonly Mount[] => {
	const mounts = [
		...flags.volume.map(value => parseVolume(value, workingDirectory)),
		...flags.mount.map(value => parseMount(value, workingDirectory)),
		...flags.tmpfs.map(value => parseTmpfs(value)),
	];
	const twice = mounts.find(({target}, index) => mounts.findIndex(mount => mount.target === target) !== index);
	if (twice) {
		throw new HolmError('invalid', `duplicate mount point: ${twice.target}`, {remedy: 'mount each path once'});
	}

	return mounts;
};
