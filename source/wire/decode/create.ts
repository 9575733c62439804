import {HolmError} from '../../engine/errors.js';
import type {AttachmentConfiguration, ContainerConfiguration, Mount, RestartPolicy} from '../../engine/resources.js';
import {parseMountOptions} from '../../engine/mount-options.js';
import type {Fields} from '../fields.js';
import {decodePorts} from '../ports.js';
import {checkLogDriver, decodeSettings, isDefaultNetwork, plainLink} from '../settings.js';
import {decodeHealthcheck} from './health.js';
import {checkFields} from './fields/check.js';
import {containerFields} from './fields/container.js';

export const decodeEndpoint = (network: string, fields: Fields): AttachmentConfiguration => {
	const driverOptions = fields.textMap('DriverOpts');
	const links = fields.texts('Links');
	return {
		network,
		address: fields.object('IPAMConfig').optionalText('IPv4Address'),
		mac: fields.optionalText('MacAddress'),
		aliases: fields.texts('Aliases'),
		...links.length > 0 && {links: links.map(link => plainLink(link))},
		...Object.keys(driverOptions).length > 0 && {driverOptions},
	};
};

const decodeNetworks = (body: Fields, host: Fields): AttachmentConfiguration[] => {
	const endpoints = new Map(body.object('NetworkingConfig').map('EndpointsConfig'));
	const mode = body.flag('NetworkDisabled') ? 'none' : host.text('NetworkMode') || 'default';
	// Docker's clients always send a mode; `default` only applies without other networks.
	const names = mode === 'default' && endpoints.size > 0 ? [...endpoints.keys()] : [...new Set([mode, ...endpoints.keys()])];
	const legacyMac = body.optionalText('MacAddress');
	const attachments = names.map((name, index): AttachmentConfiguration => {
		const endpoint = endpoints.get(name);
		const {links, ...rest}: AttachmentConfiguration = endpoint ? decodeEndpoint(name, endpoint) : {network: name, aliases: []};
		// On the default network they are the container's.
		const attachment = links && !isDefaultNetwork(name) ? {...rest, links} : rest;
		return index === 0 && legacyMac ? {...attachment, mac: attachment.mac ?? legacyMac} : attachment;
	});
	const isPlainDefault = ({network, address, mac, aliases, driverOptions}: AttachmentConfiguration) =>
		network === 'default' && !address && !mac && aliases.length === 0 && !driverOptions;
	return attachments.length === 1 && attachments.every(attachment => isPlainDefault(attachment)) ? [] : attachments;
};

/** `source:target[:options]` or, for an anonymous volume, `target`. A source that starts with a slash is a path on the host. */
const decodeBind = (bind: string): Mount => {
	const parts = bind.split(':');
	const [source = '', target = ''] = parts.length === 1 ? ['', bind] : parts;
	const options = parseMountOptions(parts[2] ?? '');
	if (parts.length > 3 || !target.startsWith('/')) {
		throw new HolmError('invalid', `HostConfig.Binds: ${JSON.stringify(bind.slice(0, 256))} is not source:target[:options]`, {remedy: 'the target is an absolute path'});
	}

	if (options.unknown !== undefined) {
		throw new HolmError('invalid', `HostConfig.Binds: ${JSON.stringify(bind.slice(0, 256))}: invalid mode: ${JSON.stringify(options.unknown.slice(0, 64)).slice(1, -1)}`, {remedy: 'the options are ro, rw and nocopy'});
	}

	return source.startsWith('/')
		? {
			type: 'bind', source, target, readOnly: options.readOnly, createSource: true,
		}
		: {
			type: 'volume', source, target, readOnly: options.readOnly, ...options.noCopy && {noCopy: true},
		};
};

const decodeVolumeMount = (fields: Fields): Mount => {
	const options = fields.object('VolumeOptions');
	const subpath = options.optionalText('Subpath');
	const driver = options.object('DriverConfig');
	if ((driver.text('Name') || 'local') !== 'local' || driver.names('Options').length > 0) {
		throw new HolmError('unsupported', 'HostConfig.Mounts: options of a volume\'s driver are not given at its mount', {remedy: 'create the volume with them first'});
	}

	return {
		type: 'volume',
		source: fields.text('Source'),
		target: fields.text('Target'),
		readOnly: fields.flag('ReadOnly'),
		...options.flag('NoCopy') && {noCopy: true},
		...subpath !== undefined && {subpath},
	};
};

const decodeTmpfs = (target: string, options: string): Mount => {
	const list = options.split(',').filter(Boolean);
	return {
		type: 'tmpfs',
		target,
		readOnly: list.includes('ro'),
		options: list.filter(option => option !== 'ro'),
	};
};

const decodeMount = (fields: Fields): Mount => {
	const type = fields.text('Type');
	const target = fields.text('Target');
	const isReadOnly = fields.flag('ReadOnly');
	if (type === 'volume') {
		return decodeVolumeMount(fields);
	}

	if (type === 'bind') {
		return {
			type, source: fields.text('Source'), target, readOnly: isReadOnly, ...fields.object('BindOptions').flag('CreateMountpoint') && {createSource: true},
		};
	}

	if (type === 'tmpfs') {
		const options = fields.object('TmpfsOptions');
		const size = options.number('SizeBytes');
		const mode = options.number('Mode');
		if (!Number.isSafeInteger(size) || size < 0 || !Number.isSafeInteger(mode) || mode < 0 || mode > 0o7777) {
			throw new HolmError('invalid', 'HostConfig.Mounts: a tmpfs has a whole number of bytes as SizeBytes, and permissions up to 7777 as Mode', {remedy: 'leave out what it needs no limit for'});
		}

		return {
			type, target, readOnly: isReadOnly, options: [...size ? [`size=${size}`] : [], ...mode ? [`mode=${mode.toString(8)}`] : []],
		};
	}

	throw new HolmError('invalid', `HostConfig.Mounts: ${JSON.stringify(type.slice(0, 64))} is not a type of mount`, {remedy: 'bind, volume or tmpfs'});
};

const decodeMounts = (body: Fields, host: Fields): Mount[] => {
	const mounts = [
		...host.texts('Binds').map(bind => decodeBind(bind)),
		...host.objects('Mounts').map(mount => decodeMount(mount)),
		...Object.entries(host.textMap('Tmpfs')).map(([target, options]) => decodeTmpfs(target, options)),
	];
	const anonymous = body.names('Volumes').filter(target => !mounts.some(mount => mount.target === target));
	return [...mounts, ...anonymous.map((target): Mount => ({
		type: 'volume', source: '', target, readOnly: false,
	}))];
};

const policies = ['no', 'always', 'on-failure', 'unless-stopped'] as const;

export const decodeRestartPolicy = (fields: Fields): RestartPolicy => {
	const given = fields.text('Name') || 'no';
	const name = policies.find(policy => policy === given);
	if (!name) {
		throw new HolmError('invalid', `HostConfig.RestartPolicy.Name: ${JSON.stringify(given.slice(0, 64))} is not a restart policy`, {remedy: policies.join(', ')});
	}

	return {name, maximumRetryCount: fields.number('MaximumRetryCount')};
};

/** Docker's `NanoCpus` as CPUs. */
export const decodeCpus = (host: Fields): number | undefined => host.number('NanoCpus') / 1e9 || undefined;

/** Swap that was asked for and that a machine does not have. */
export const swapWarnings = (limits: Fields, prefix = ''): readonly string[] => limits.number('MemorySwap') > limits.number('Memory')
	? [`${prefix}MemorySwap has no effect: a machine has no swap`]
	: [];

const decodeEntrypoint = (body: Fields): readonly string[] | undefined => {
	const entrypoint = body.texts('Entrypoint');
	if (entrypoint.length === 0) {
		return undefined;
	}

	return entrypoint.length === 1 && entrypoint[0] === '' ? [] : entrypoint;
};

/** Fields of `HostConfig` that are only checked. */
const namespaces = ['UTSMode', 'UsernsMode', 'Isolation', 'VolumeDriver'] as const;

type Query = {readonly name?: string; readonly platform?: string};

/** The configuration in a body of `POST /containers/create`. Throws `invalid` for malformed fields. */
export const decodeConfiguration = (body: Fields, query: Query = {}): ContainerConfiguration => {
	const host = body.object('HostConfig');
	const holm = body.object('Holm');
	if (!body.text('Image')) {
		throw new HolmError('invalid', 'Image is missing: a container is made from an image');
	}

	return {
		image: body.text('Image'),
		name: query.name || holm.optionalText('Name'),
		command: body.texts('Cmd'),
		entrypoint: decodeEntrypoint(body),
		environment: body.texts('Env'),
		workingDirectory: body.optionalText('WorkingDir'),
		user: body.optionalText('User'),
		hostname: body.optionalText('Hostname'),
		terminal: body.flag('Tty'),
		openStdin: body.flag('OpenStdin'),
		autoRemove: host.flag('AutoRemove'),
		labels: body.textMap('Labels'),
		networks: decodeNetworks(body, host),
		ports: decodePorts(host, 'PortBindings'),
		publishAll: host.flag('PublishAllPorts'),
		mounts: decodeMounts(body, host),
		extraHosts: host.texts('ExtraHosts'),
		dnsServers: host.texts('Dns'),
		dnsSearch: host.texts('DnsSearch'),
		cpus: decodeCpus(host),
		memory: host.number('Memory') || undefined,
		readOnlyRoot: host.flag('ReadonlyRootfs'),
		capabilitiesToAdd: host.texts('CapAdd'),
		capabilitiesToDrop: host.texts('CapDrop'),
		privileged: host.flag('Privileged'),
		ulimits: host.objects('Ulimits').map(limit => ({name: limit.text('Name'), soft: limit.number('Soft'), hard: limit.number('Hard')})),
		init: host.flag('Init'),
		stopSignal: body.optionalText('StopSignal'),
		stopTimeoutSeconds: body.optionalNumber('StopTimeout'),
		restartPolicy: decodeRestartPolicy(host.object('RestartPolicy')),
		healthcheck: decodeHealthcheck(body.object('Healthcheck')),
		platform: query.platform || holm.optionalText('Platform'),
		kernel: holm.optionalText('Kernel'),
		...decodeSettings(body, host),
	};
};

/**
The body of `POST /containers/create`; name and platform of the query take precedence.

Throws `invalid` for malformed fields and `unsupported`, naming them all, for settings that a VM cannot have. Settings without effect yield warnings.
*/
export const decodeCreateContainer = (
	body: Fields,
	query: Query = {},
): {readonly configuration: ContainerConfiguration; readonly warnings: readonly string[]} => {
	const warnings = checkFields(containerFields, body.raw);
	checkLogDriver(body.object('HostConfig'));
	for (const name of namespaces) {
		body.object('HostConfig').text(name);
	}

	return {configuration: decodeConfiguration(body, query), warnings: [...warnings, ...swapWarnings(body.object('HostConfig'), 'HostConfig.')]};
};
