import type {Container, ContainerStatus, PublishedPort} from '../../engine/resources.js';
import {fieldsOf, type Fields} from '../fields.js';
import {parseDuration} from '../times.js';
import {decodeAttachments, decodeContainer, decodeMountPoints} from './container.js';
import {decodeCreateContainer} from './create.js';
import {parseHealth} from './health.js';

/**
Parses the status column of `docker ps`, the only source in other engines' lists.

Times are as precise as the words: `Up 3 hours` started three hours before `now`.
*/
export const parseStatus = (state: string, status: string, now: number): ContainerStatus => {
	const ended = /^(?:Exited|Restarting|Dead) \((?<code>-?\d+)\) (?<ago>.*?)(?: ago)?$/v.exec(status)?.groups;
	const since = now - (parseDuration(ended?.ago ?? status.replace(/^Up /v, '')) ?? 0);
	const exitCode = Number(ended?.code ?? 0);
	switch (state) {
		case 'running':
		case 'paused': {
			return {state, pid: 0, startedAt: since};
		}

		case 'restarting': {
			return {state, exitCode, finishedAt: since};
		}

		case 'created':
		case 'configured':
		case 'initialized': {
			return {state: 'created'};
		}

		default: {
			return {
				state: 'exited', exitCode, outOfMemory: false, startedAt: 0, finishedAt: since,
			};
		}
	}
};

const decodePublished = (ports: readonly Fields[]): PublishedPort[] => ports.filter(port => port.number('PublicPort') > 0).map((port): PublishedPort => ({
	hostAddress: port.text('IP') || '0.0.0.0',
	hostPort: port.number('PublicPort'),
	containerPort: port.number('PrivatePort'),
	protocol: port.text('Type') === 'udp' ? 'udp' : 'tcp',
}));

/** One item of `GET /containers/json`: complete from Holm, otherwise as far as the list goes. */
export const decodeContainerItem = (json: unknown, now = Date.now()): Container => {
	const fields = fieldsOf(json);
	if (fields.has('Holm')) {
		return decodeContainer(fields.raw.Holm);
	}

	const name = (fields.texts('Names')[0] ?? '').replace(/^\//v, '');
	const mounts = decodeMountPoints(fields.objects('Mounts'));
	const ports = decodePublished(fields.objects('Ports'));
	const {configuration} = decodeCreateContainer(fieldsOf({
		Image: fields.text('Image') || '<none>',
		Labels: fields.raw.Labels,
		NetworkingConfig: {EndpointsConfig: fields.object('NetworkSettings').raw.Networks},
	}), {name});
	return {
		id: fields.text('Id'),
		name,
		createdAt: fields.number('Created') * 1000,
		imageId: fields.text('ImageID'),
		configuration: {...configuration, ports, mounts},
		process: {
			arguments: fields.text('Command') ? [fields.text('Command')] : [], environment: [], workingDirectory: '', user: '',
		},
		status: parseStatus(fields.text('State'), fields.text('Status'), now),
		health: parseHealth(fields.text('Status')),
		attachments: decodeAttachments(fields.object('NetworkSettings').map('Networks')),
		ports,
		exposedPorts: [...new Set(fields.objects('Ports').map(port => `${port.number('PrivatePort')}/${port.text('Type')}`))],
		mounts,
		restartCount: 0,
		diskBytes: fields.optionalNumber('SizeRw'),
		source: json,
	};
};
