import {describeHealth} from '../../engine/health.js';
import type {Container, PublishedPort} from '../../engine/resources.js';
import {describeDuration} from '../times.js';
import {newestMinorVersion} from '../versions.js';
import {encodeContainer, encodeMountPoint, encodeNetworks, type ContainerView} from './container.js';

/** `Up 5 seconds (healthy)`, `Exited (0) 3 minutes ago`: the status column of `docker ps`. */
export const describeStatus = ({status, health}: Pick<Container, 'status' | 'health'>, now: number): string => {
	switch (status.state) {
		case 'created': {
			return 'Created';
		}

		case 'running': {
			return `Up ${describeDuration(now - status.startedAt)}${health ? ` (${describeHealth(health)})` : ''}`;
		}

		case 'paused': {
			return `Up ${describeDuration(now - status.startedAt)} (Paused)`;
		}

		case 'restarting': {
			return `Restarting (${status.exitCode}) ${describeDuration(now - status.finishedAt)} ago`;
		}

		case 'exited': {
			return `Exited (${status.exitCode}) ${describeDuration(now - status.finishedAt)} ago`;
		}
	}
};

const plain = /^[\w%+,\-.\/:=@]+$/v;

/** A command line as one string, for display only. */
const describeCommand = (arguments_: readonly string[]) =>
	arguments_.map(argument => plain.test(argument) ? argument : `'${argument.replaceAll('\'', String.raw`'\''`)}'`).join(' ');

const encodePublished = (ports: readonly PublishedPort[]) => ports.map(port => ({
	IP: port.hostAddress,
	PrivatePort: port.containerPort,
	PublicPort: port.hostPort,
	Type: port.protocol,
}));

const encodeExposed = ({exposedPorts, ports}: Container) => exposedPorts
	.map(port => port.split('/'))
	.filter(([number, protocol]) => !ports.some(port => port.containerPort === Number(number) && port.protocol === protocol))
	.map(([number, protocol]) => ({PrivatePort: Number(number), Type: protocol}));

type ItemView = ContainerView & {readonly now?: number; readonly detail?: boolean};

/** One item of `GET /containers/json`. With `detail` the whole container is under `Holm`. */
export const encodeContainerItem = (
	container: Container,
	{now = Date.now(), detail = false, minorVersion = newestMinorVersion, rootBytes}: ItemView = {},
) => {
	const {annotations, networks} = container.configuration;
	const isLive = container.status.state === 'running' || container.status.state === 'paused';
	return {
		Id: container.id,
		Names: [`/${container.name}`],
		Image: container.configuration.image,
		ImageID: container.imageId,
		Command: describeCommand(container.process.arguments),
		Created: Math.floor(container.createdAt / 1000),
		Ports: isLive ? [...encodePublished(container.ports), ...encodeExposed(container)] : [],
		Labels: {...container.configuration.labels},
		State: container.status.state,
		Status: describeStatus(container, now),
		SizeRw: container.diskBytes,
		SizeRootFs: rootBytes,
		HostConfig: {
			NetworkMode: networks[0]?.network ?? 'bridge',
			...minorVersion >= 46 && annotations && {Annotations: {...annotations}},
		},
		NetworkSettings: {Networks: encodeNetworks(container, minorVersion)},
		Mounts: container.mounts.map(mount => encodeMountPoint(mount)),
		...detail && {Holm: encodeContainer(container)},
	};
};
