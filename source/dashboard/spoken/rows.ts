import type {Snapshot} from '../../engine/snapshot.js';
import type {Container, Image, Network, Volume} from '../../engine/resources.js';
import {isBuilding, stepsOf, type BuilderView, type ContainerRow} from '../builder/builder-row.js';
import {memoryShare, shortImage, stateText} from '../containers/rows.js';
import {countsOf, type Project} from '../lists/projects.js';
import {availableAddresses} from '../networks/networks.js';
import {imageName, volumeUsers} from '../work/plan.js';
import type {EventRow} from '../lists/fields.js';
import type {ResourceUsage} from '../state/resource-usage.js';
import {endWords} from '../views/event-ends.js';
import {localTime} from '../views/event-rows.js';
import type {RecordRow} from '../views/records.js';
import {count, sentence, spokenBytes, spokenDuration, spokenPercent} from './words.js';

/** Data that the rows need. */
export type RowContext = {readonly snapshot?: Snapshot; readonly usage: Readonly<Record<string, ResourceUsage>>; readonly now: number};

const age = ({status}: Container, now: number): string | undefined => {
	if (status.state === 'running' || status.state === 'paused') {
		return `up ${spokenDuration(now - status.startedAt)}`;
	}

	return status.state === 'exited' && status.finishedAt > 0 ? `exited ${spokenDuration(now - status.finishedAt)} ago` : undefined;
};

const builderSentence = (row: ContainerRow & {readonly builder: BuilderView}, {usage}: RowContext): string => {
	const {id, builder: {status, steps = []}, attachments} = row;
	const used = usage[id];
	return sentence(
		'The builder',
		stateText(row),
		...(isBuilding(status) ? stepsOf(steps) : []).map(({command}) => `runs ${command}`),
		`cache ${spokenBytes(status.usedBytes)} of ${spokenBytes(status.diskBytes)}`,
		...attachments.map(({network, address}) => `${address === '' ? '' : `${address} `}on ${network}`),
		used?.cpuPercent !== undefined && `CPU ${spokenPercent(used.cpuPercent)}`,
		used && `memory ${spokenBytes(used.memoryBytes)}`,
		used?.hostMemoryBytes !== undefined && `${spokenBytes(used.hostMemoryBytes)} of the host`,
	);
};

const isBuilderRow = (row: ContainerRow): row is ContainerRow & {readonly builder: BuilderView} => row.builder !== undefined;

export const containerRow = (container: ContainerRow, context: RowContext): string => {
	if (isBuilderRow(container)) {
		return builderSentence(container, context);
	}

	const {usage, now} = context;
	const {id, name, configuration: {image}, attachments, ports, restartCount} = container;
	const used = usage[id];
	const share = used && memoryShare(used);
	return sentence(
		name,
		stateText(container),
		`image ${shortImage(image)}`,
		attachments.length === 0 ? 'on no network' : attachments.map(({network, address}) => `${address === '' ? '' : `${address} `}on ${network}`).join(', '),
		...new Set(ports.map(({hostPort, containerPort, protocol}) => `port ${hostPort} to ${containerPort}${protocol === 'udp' ? ' UDP' : ''}`)),
		restartCount > 0 && count(restartCount, 'restart'),
		used?.cpuPercent !== undefined && `CPU ${spokenPercent(used.cpuPercent)}`,
		used && `memory ${spokenBytes(used.memoryBytes)}${share === undefined ? '' : `, ${spokenPercent(share)} of its limit`}`,
		used?.hostMemoryBytes !== undefined && `${spokenBytes(used.hostMemoryBytes)} of the host`,
		age(container, now),
	);
};

/** The heading of a project. */
export const projectRow = ({name, containers, hidden, isFolded}: Project): string => {
	const {running, total, unhealthy} = countsOf(containers);
	return sentence(`Project ${name}`, `${running} of ${total} running`, unhealthy > 0 && `${unhealthy} unhealthy`, hidden > 0 && `${hidden} hidden`, isFolded ? 'folded' : 'unfolded');
};

export const networkRow = (network: Network): string => {
	const {name, subnet, gateway, leases, internal} = network;
	return sentence(name, `subnet ${subnet}`, `gateway ${gateway}`, `${leases.length} of ${availableAddresses(network)} addresses leased`, internal ? 'internal, no external access' : 'with external access');
};

export const imageRow = (image: Image, {snapshot, now}: RowContext): string => {
	const users = snapshot?.containers.filter(({imageId}) => imageId === image.id).length ?? 0;
	return sentence(shortImage(imageName(image)), spokenBytes(image.sizeBytes), image.createdAt > 0 && `created ${spokenDuration(now - image.createdAt)} ago`, `for ${image.architecture}`, users === 0 ? 'unused' : `used by ${count(users, 'container')}`);
};

export const volumeRow = (volume: Volume, {snapshot, now}: RowContext): string => {
	const users = snapshot ? volumeUsers(volume, snapshot) : [];
	return sentence(volume.name, volume.anonymous && 'anonymous', volume.createdAt > 0 && `created ${spokenDuration(now - volume.createdAt)} ago`, users.length === 0 ? 'unused' : `used by ${users.join(' and ')}`);
};

export const recordRow = ({network, record, isStale}: RecordRow, {snapshot}: RowContext): string => {
	const {name, type, value, ttlSeconds, containerId} = record;
	const owner = snapshot?.containers.find(({id}) => id === containerId)?.name ?? (containerId === undefined ? 'the host' : 'a removed container');
	return sentence(`${name} is ${value}`, `type ${type}`, `on ${network}`, `for ${count(ttlSeconds, 'second')}`, `of ${owner}`, isStale && 'stale');
};

export const eventRow = ({event: {time, type, action, id, attributes}, end}: EventRow, {now}: Pick<RowContext, 'now'>): string =>
	sentence(`${type} ${attributes.name ?? id.slice(0, 12)}`, action, end && endWords(end), end?.isFailure && 'a failure', `at ${localTime(time, now)}`);
