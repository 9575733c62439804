import type {ContainerSettings, Logging} from '../engine/container-settings.js';
import {HolmError} from '../engine/errors.js';
import type {ContainerConfiguration} from '../engine/resources.js';
import {decodeConsoleSize} from './decode/exec.js';
import type {Fields} from './fields.js';

type Key = keyof ContainerSettings;

/** Reads a field; undefined if it has the default of the engine. */
type Read = (fields: Fields, field: string) => unknown;

const text: Read = (fields, field) => fields.optionalText(field);
const texts: Read = (fields, field) => {
	const given = fields.texts(field);
	return given.length > 0 ? given : undefined;
};

/** An empty list differs from none. */
const list: Read = (fields, field) => fields.has(field) ? fields.texts(field) : undefined;
const map: Read = (fields, field) => {
	const given = fields.textMap(field);
	return Object.keys(given).length > 0 ? given : undefined;
};

const number: Read = (fields, field) => fields.number(field) || undefined;
const positive: Read = (fields, field) => Math.max(fields.number(field), 0) || undefined;

/** Fields of Docker's `HostConfig` that stand for one setting each. */
const hostSettings: ReadonlyArray<readonly [field: string, setting: Key, read: Read]> = [
	['Annotations', 'annotations', map],
	['Binds', 'binds', texts],
	['CgroupnsMode', 'cgroupNamespaceMode', text],
	['ContainerIDFile', 'idFile', text],
	['CpuPeriod', 'cpuPeriod', number],
	['CpuQuota', 'cpuQuota', positive],
	['CpuShares', 'cpuShares', number],
	['CpusetCpus', 'cpusetCpus', text],
	['CpusetMems', 'cpusetMemories', text],
	['DnsOptions', 'dnsOptions', texts],
	['GroupAdd', 'groups', texts],
	['IpcMode', 'ipcMode', text],
	['Isolation', 'isolation', text],
	['Links', 'links', texts],
	['MaskedPaths', 'maskedPaths', list],
	['MemoryReservation', 'memoryReservation', number],
	['MemorySwap', 'memorySwap', number],
	['OomScoreAdj', 'oomScoreAdjustment', number],
	['PidMode', 'pidMode', text],
	['PidsLimit', 'pidsLimit', positive],
	['ReadonlyPaths', 'readonlyPaths', list],
	['Runtime', 'runtime', text],
	['SecurityOpt', 'securityOptions', texts],
	['ShmSize', 'shmSize', number],
	['Sysctls', 'sysctls', map],
	['VolumesFrom', 'volumesFrom', texts],
];

/** The fields that `POST /containers/{name}/update` has, too. */
const updatable = new Set<string>(['CpuPeriod', 'CpuQuota', 'CpuShares', 'CpusetCpus', 'CpusetMems', 'MemoryReservation', 'MemorySwap', 'PidsLimit']);

/** The path in the container of `SOURCE:TARGET[:OPTIONS]`, or of a path alone. */
export const bindTarget = (bind: string): string => bind.split(':', 2)[1] ?? bind;

const decodeListed = (host: Fields, isWanted: (field: string) => boolean): ContainerSettings => Object.fromEntries(hostSettings
	.filter(([field]) => isWanted(field))
	.map(([field, setting, read]) => [setting, read(host, field)] as const)
	.filter(([, value]) => value !== undefined));

/** What an update changes of the settings. */
export const decodeUpdatedSettings = (body: Fields): ContainerSettings => decodeListed(body, field => updatable.has(field));

export const encodeUpdatedSettings = (settings: ContainerSettings): Record<string, unknown> => Object.fromEntries(hostSettings
	.filter(([field, setting]) => updatable.has(field) && settings[setting] !== undefined)
	.map(([field, setting]) => [field, settings[setting]]));

const drivers: ReadonlyArray<Logging['driver']> = ['json-file', 'local', 'none'];

const decodeLogging = (fields: Fields): Logging | undefined => {
	const driver = drivers.find(known => known === fields.text('Type'));
	const options = fields.textMap('Config');
	return driver === undefined && Object.keys(options).length === 0 ? undefined : {driver: driver ?? 'json-file', options};
};

const streams = [['AttachStdin', 'stdin'], ['AttachStdout', 'stdout'], ['AttachStderr', 'stderr']] as const;

/** The standard streams to which the client of a container attaches by default. */
const attachedByDefault = (isOpen: boolean) => [...isOpen ? ['stdin'] : [], 'stdout', 'stderr'];

const decodeAttached = (body: Fields): readonly string[] | undefined => {
	if (!streams.some(([field]) => body.has(field))) {
		return undefined;
	}

	const given = streams.filter(([field]) => body.flag(field)).map(([, stream]) => stream);
	return given.join(',') === attachedByDefault(body.flag('OpenStdin')).join(',') ? undefined : given;
};

export const isDefaultNetwork = (name: string): boolean => name === 'default' || name === 'bridge';

/** A link as it is requested. Docker describes it as `/TARGET:/CONTAINER/ALIAS`. */
export const plainLink = (link: string): string => link.replace(/^\/(?<target>[^:]+):\/[^\/]+\/(?=.)/v, '$<target>:');

/** Links stand in the host configuration. Clients repeat them in the endpoint of the default network. */
const decodeLinks = (body: Fields, host: Fields): readonly string[] | undefined => {
	const endpoints = body.object('NetworkingConfig').map('EndpointsConfig');
	const links = [...new Set([...host.texts('Links'), ...endpoints.flatMap(([name, endpoint]) => isDefaultNetwork(name) ? endpoint.texts('Links') : [])])];
	return links.length > 0 ? links.map(link => plainLink(link)) : undefined;
};

/** Checks a requested log driver; throws `invalid` for one that does not exist. */
export const checkLogDriver = (host: Fields): void => {
	const given = host.object('LogConfig').text('Type');
	if (given !== '' && !(drivers as readonly string[]).includes(given)) {
		throw new HolmError('invalid', `logger: no log driver named '${JSON.stringify(given.slice(0, 64)).slice(1, -1)}' is registered`, {remedy: drivers.join(', ')});
	}
};

/** The settings of a container in the body of `POST /containers/create`. */
export const decodeSettings = (body: Fields, host: Fields): ContainerSettings => {
	const ports = new Set(host.names('PortBindings'));
	const exposed = body.names('ExposedPorts').filter(port => !ports.has(port));
	const settings: ContainerSettings = {
		...decodeListed(host, () => true),
		runtime: host.optionalText('Runtime') ?? body.optionalText('Runtime'),
		links: decodeLinks(body, host),
		domainName: body.optionalText('Domainname'),
		exposedPorts: exposed.length > 0 ? exposed : undefined,
		logging: decodeLogging(host.object('LogConfig')),
		consoleSize: decodeConsoleSize(host),
		attachedStreams: decodeAttached(body),
		keepStdin: (body.flag('OpenStdin') && body.has('StdinOnce') && !body.flag('StdinOnce')) || undefined,
	};
	return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
};

/** The fields of `HostConfig` for the settings that are given. */
export const encodeHostSettings = (settings: ContainerSettings): Record<string, unknown> => ({
	...Object.fromEntries(hostSettings
		.filter(([, setting]) => settings[setting] !== undefined)
		.map(([field, setting]) => [field, settings[setting]])),
	...settings.logging && {LogConfig: {Type: settings.logging.driver, Config: {...settings.logging.options}}},
	...settings.consoleSize && {ConsoleSize: [settings.consoleSize.rows, settings.consoleSize.columns]},
});

/** The settings outside of `HostConfig`. */
export const encodeBodySettings = (
	{openStdin, domainName, attachedStreams = attachedByDefault(openStdin), keepStdin = false}: ContainerConfiguration,
) => ({
	Domainname: domainName ?? '',
	StdinOnce: openStdin && !keepStdin,
	...Object.fromEntries(streams.map(([field, stream]) => [field, attachedStreams.includes(stream)])),
});
