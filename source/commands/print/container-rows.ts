import {describeHealth} from '../../engine/health.js';
import type {
	Container,
	Mount,
	PublishedPort,
} from '../../engine/resources.js';
import {timeAgo, humanDuration} from '../../text/durations.js';
import {decimalSize} from '../../text/sizes.js';
import {
	labelFields,
	shortId,
	tableTime,
	truncate,
} from './fields.js';
import type {Row} from './rows.js';

/** `Up 3 minutes (healthy)`, `Exited (0) 2 hours ago`. */
export const statusText = ({status, health}: Pick<Container, 'status' | 'health'>, now: number): string => {
	switch (status.state) {
		case 'created': {
			return 'Created';
		}

		case 'running': {
			return `Up ${humanDuration(now - status.startedAt)}${health ? ` (${describeHealth(health)})` : ''}`;
		}

		case 'paused': {
			return `Up ${humanDuration(now - status.startedAt)} (Paused)`;
		}

		case 'restarting': {
			return `Restarting (${status.exitCode}) ${timeAgo(status.finishedAt, now)}`;
		}

		case 'exited': {
			return `Exited (${status.exitCode}) ${timeAgo(status.finishedAt, now)}`;
		}
	}
};

/** An address as written before a port. */
export const hostText = (address: string) => address.includes(':') ? `[${address}]` : address || '0.0.0.0';

const isNext = (earlier: PublishedPort, later: PublishedPort, step: number) =>
	earlier.hostAddress === later.hostAddress && earlier.protocol === later.protocol
	&& later.hostPort === earlier.hostPort + step && later.containerPort === earlier.containerPort + step;

/** `0.0.0.0:8000-8010->80-90/tcp, 6379/tcp`: adjacent ports as ranges, then exposed ports that are not published. */
export const portsText = ({ports, exposedPorts}: Pick<Container, 'ports' | 'exposedPorts'>): string => {
	const sorted = ports.toSorted((a, b) => Number(a.protocol > b.protocol) - Number(a.protocol < b.protocol)
		|| Number(a.hostAddress > b.hostAddress) - Number(a.hostAddress < b.hostAddress)
		|| a.containerPort - b.containerPort
		|| a.hostPort - b.hostPort);
	const groups: PublishedPort[][] = [];
	for (const port of sorted) {
		const group = groups.at(-1);
		if (group && isNext(group[0]!, port, group.length)) {
			group.push(port);
		} else {
			groups.push([port]);
		}
	}

	const range = (first: number, last: number) => first === last ? String(first) : `${first}-${last}`;
	const published = groups.map(group => {
		const [first, last] = [group[0]!, group.at(-1)!];
		return `${hostText(first.hostAddress)}:${range(first.hostPort, last.hostPort)}->${range(first.containerPort, last.containerPort)}/${first.protocol}`;
	});
	const taken = new Set(ports.map(port => `${port.containerPort}/${port.protocol}`));
	return [...published, ...exposedPorts.filter(port => !taken.has(port))].join(', ');
};

const mountText = (mount: Mount, isFull: boolean) => mount.type === 'tmpfs' ? mount.target : truncate(mount.source, 15, isFull);

export type ContainerRowOptions = {readonly now: number; readonly full: boolean};

/** The fields of `ps`, under Docker's names. */
export const containerRow = (container: Container, {now, full}: ContainerRowOptions): Row => ({
	ID: shortId(container.id, full),
	Names: container.name,
	Image: container.configuration.image,
	Command: JSON.stringify(truncate(container.process.arguments.join(' '), 20, full)),
	CreatedAt: tableTime(container.createdAt),
	RunningFor: timeAgo(container.createdAt, now),
	Ports: container.status.state === 'running' || container.status.state === 'paused' ? portsText(container) : '',
	State: container.status.state,
	Status: statusText(container, now),
	Size: container.diskBytes === undefined ? '0B' : decimalSize(container.diskBytes),
	Mounts: container.mounts.map(mount => mountText(mount, full)).join(','),
	LocalVolumes: String(container.mounts.filter(mount => mount.type === 'volume').length),
	Networks: container.attachments.map(attachment => attachment.network).join(','),
	...labelFields(container.configuration.labels),
});
