import {
	bootPhases,
	type Attachment,
	type Container,
	type ContainerStatus,
	type Machine,
	type Mount,
	type PublishedPort,
} from '../../engine/resources.js';
import {fieldsOf, type Fields} from '../fields.js';
import {decodePorts} from '../ports.js';
import {decodeTime} from '../times.js';
import {decodeConfiguration} from './create.js';
import {decodeExit} from './exit.js';
import {decodeHealth, decodeHealthcheck} from './health.js';

export const decodeAttachments = (networks: ReadonlyArray<readonly [string, Fields]>): Attachment[] =>
	networks.map(([network, fields]) => ({
		network,
		networkId: fields.text('NetworkID'),
		endpointId: fields.text('EndpointID'),
		address: fields.text('IPAddress') || fields.object('IPAMConfig').text('IPv4Address'),
		prefixLength: fields.number('IPPrefixLen'),
		gateway: fields.text('Gateway'),
		mac: fields.text('MacAddress'),
		aliases: fields.texts('Aliases'),
	}));

export const decodeMountPoints = (mounts: readonly Fields[]): Mount[] => mounts.map((fields): Mount => {
	const type = fields.text('Type');
	const target = fields.text('Destination');
	const isReadOnly = fields.has('RW') && !fields.flag('RW');
	if (type === 'tmpfs') {
		return {
			type, target, readOnly: isReadOnly, options: fields.text('Mode').split(',').filter(Boolean),
		};
	}

	return type === 'volume'
		? {
			type, source: fields.text('Name'), target, readOnly: isReadOnly, mountpoint: fields.optionalText('Source'),
		}
		: {
			type: 'bind', source: fields.text('Source'), target, readOnly: isReadOnly,
		};
});

const decodeState = (state: Fields, reason: string | undefined): ContainerStatus => {
	const startedAt = decodeTime(state.text('StartedAt'));
	const finishedAt = decodeTime(state.text('FinishedAt'));
	const exitCode = state.number('ExitCode');
	const pid = state.number('Pid');
	switch (state.text('Status')) {
		case 'running': {
			return {state: 'running', pid, startedAt};
		}

		case 'paused': {
			return {state: 'paused', pid, startedAt};
		}

		case 'restarting': {
			return {state: 'restarting', exitCode, finishedAt};
		}

		// Podman's states beside Docker's.
		case 'created':
		case 'configured':
		case 'initialized': {
			return {state: 'created'};
		}

		default: {
			return {
				state: 'exited', exitCode, reason: reason || state.optionalText('Error'), outOfMemory: state.flag('OOMKilled'), startedAt, finishedAt,
			};
		}
	}
};

const decodeMachine = (fields: Fields): Machine => {
	const accelerator = fields.text('Accelerator');
	return {
		accelerator: accelerator === 'kvm' || accelerator === 'hvf' ? accelerator : 'tcg',
		cpus: fields.number('Cpus'),
		memoryBytes: fields.number('MemoryBytes'),
		kernel: fields.text('Kernel'),
		phases: fields.objects('Phases').flatMap(phase => {
			const name = bootPhases.find(known => known === phase.text('Name'));
			return name ? [{name, startMs: phase.number('StartMs'), endMs: phase.number('EndMs')}] : [];
		}),
	};
};

/** The requested configuration: exact from Holm, otherwise as close as the engine's description allows. */
const decodeWanted = (fields: Fields, name: string) => {
	const holm = fields.object('Holm');
	if (holm.has('Wanted')) {
		return decodeConfiguration(holm.object('Wanted'));
	}

	const config = fields.object('Config');
	const host = fields.object('HostConfig');
	return decodeConfiguration(fieldsOf({
		...config.raw,
		Image: config.text('Image') || fields.text('Image') || '<none>',
		HostConfig: {
			...host.raw,
			// The networks of the settings tell more.
			NetworkMode: '',
			Mounts: host.objects('Mounts').map(({raw}) => raw).filter(({Type}) => Type === 'bind' || Type === 'volume' || Type === 'tmpfs'),
		},
		NetworkingConfig: {EndpointsConfig: fields.object('NetworkSettings').raw.Networks},
	}), {name});
};

/** The actual ports; for a stopped container Docker has only the requested ones. */
const decodePublished = (fields: Fields): PublishedPort[] => {
	const holm = fields.object('Holm');
	if (holm.has('Ports')) {
		return decodePorts(holm, 'Ports');
	}

	const ports = decodePorts(fields.object('NetworkSettings'), 'Ports');
	return ports.length > 0 || fields.object('State').flag('Running') ? ports : decodePorts(fields.object('HostConfig'), 'PortBindings');
};

/** The answer of `GET /containers/{id}/json`, of any engine. */
export const decodeContainer = (json: unknown): Container => {
	const fields = fieldsOf(json);
	const config = fields.object('Config');
	const holm = fields.object('Holm');
	const settings = fields.object('NetworkSettings');
	const name = fields.text('Name').replace(/^\//v, '');
	return {
		id: fields.text('Id'),
		name,
		createdAt: decodeTime(fields.text('Created')),
		imageId: fields.text('Image'),
		configuration: decodeWanted(fields, name),
		process: {
			arguments: [...fields.text('Path') ? [fields.text('Path')] : [], ...fields.texts('Args')],
			environment: config.texts('Env').filter(variable => variable.includes('=')),
			workingDirectory: config.text('WorkingDir'),
			user: config.text('User'),
		},
		status: decodeState(fields.object('State'), holm.optionalText('Reason')),
		lastExit: decodeExit(holm.object('Exit')),
		healthcheck: decodeHealthcheck(config.object('Healthcheck')),
		health: decodeHealth(fields.object('State')),
		attachments: decodeAttachments(settings.map('Networks')),
		ports: decodePublished(fields),
		exposedPorts: config.names('ExposedPorts'),
		mounts: decodeMountPoints(fields.objects('Mounts')),
		restartCount: fields.number('RestartCount'),
		diskBytes: fields.optionalNumber('SizeRw'),
		machine: holm.has('Machine') ? decodeMachine(holm.object('Machine')) : undefined,
		source: json,
	};
};
