import type {EngineEvent, Image, Network, Volume} from '../../engine/resources.js';
import type {Snapshot} from '../../engine/snapshot.js';
import {builderState, type ContainerRow} from '../builder/builder-row.js';
import {portTexts, shortImage, stateText} from '../containers/rows.js';
import {numberOf, rangeOf} from '../state/subnets.js';
import {endWords, type EventEnd} from '../views/event-ends.js';
import type {RecordRow} from '../views/records.js';
import {imageName, volumeUsers} from '../work/plan.js';
import {projectOf} from './projects.js';
import type {Field} from './query.js';

const isWithin = (subnet: string, address: string): boolean => {
	const range = rangeOf(subnet);
	const number = numberOf(address);
	return range !== undefined && number >= range.first && number <= range.last;
};

const labelTexts = ({labels}: {readonly labels: Readonly<Record<string, string>>}): readonly string[] =>
	Object.entries(labels).map(([key, value]) => `${key}=${value}`);

export const containerFields: ReadonlyArray<Field<ContainerRow>> = [
	{names: ['name'], texts: ({name}) => [name]},
	{names: ['project'], texts: container => [projectOf(container) ?? '']},
	{names: ['state', 'status', 'health'], texts: row => [stateText(row)], more: ({status, builder}) => [builder ? builderState(builder) : status.state]},
	// What the builder runs changes by the second.
	{names: ['image'], texts: ({configuration: {image}, builder}) => builder ? [] : [shortImage(image)], more: ({configuration: {image}, imageId}) => [image, imageId]},
	{names: ['network', 'net'], texts: ({attachments}) => attachments.map(({network}) => network)},
	{names: ['ip', 'address'], texts: ({attachments}) => attachments.map(({address}) => address), isFromStart: true, covers: isWithin},
	{
		names: ['port'], texts: portTexts, isFromStart: true,
		more: ({ports, exposedPorts}) => [
			...ports.map(({hostPort}) => String(hostPort)),
			...ports.map(({containerPort}) => String(containerPort)),
			...exposedPorts,
		],
	},
	{names: ['id'], texts: ({id}) => [id], isHidden: true, isFromStart: true},
	{names: ['label'], texts: ({configuration}) => labelTexts(configuration), isHidden: true},
	{names: ['mac'], texts: ({attachments}) => attachments.map(({mac}) => mac), isHidden: true},
	{names: ['volume', 'mount'], texts: ({mounts}) => mounts.flatMap(mount => mount.type === 'tmpfs' ? [mount.target] : [mount.source, mount.target]), isHidden: true},
	{names: ['command'], texts: ({process}) => [process.arguments.join(' ')], isHidden: true},
];

export const networkKind = ({internal}: Network): string => internal ? 'internal' : 'nat';

export const networkFields: ReadonlyArray<Field<Network>> = [
	{names: ['name', 'network'], texts: ({name}) => [name]},
	{names: ['subnet'], texts: ({subnet}) => [subnet]},
	{names: ['gateway'], texts: ({gateway}) => [gateway]},
	{names: ['kind', 'state'], texts: network => [networkKind(network)]},
	{names: ['ip', 'address'], texts: ({leases}) => leases.map(({address}) => address), isHidden: true, isFromStart: true, covers: isWithin},
	{names: ['container'], texts: ({leases}) => leases.map(({containerName}) => containerName), isHidden: true},
	{names: ['id'], texts: ({id}) => [id], isHidden: true, isFromStart: true},
	{names: ['label'], texts: labelTexts, isHidden: true},
	{names: ['driver'], texts: ({driver}) => [driver], isHidden: true},
];

/** The digits of an image's id without its algorithm. */
export const shortImageId = ({id}: Image): string => id.replace('sha256:', '').slice(0, 12);

export const imageFields = ({containers}: Pick<Snapshot, 'containers'>): ReadonlyArray<Field<Image>> => [
	{names: ['name', 'image'], texts: image => [shortImage(imageName(image))], more: ({tags}) => tags},
	{names: ['tag'], texts: ({tags}) => tags},
	{names: ['id'], texts: image => [shortImageId(image)], more: ({id}) => [id, id.replace('sha256:', '')], isFromStart: true},
	{names: ['arch'], texts: ({architecture}) => [architecture]},
	{names: ['container'], texts: ({id}) => containers.filter(({imageId}) => imageId === id).map(({name}) => name), isHidden: true},
	{names: ['digest'], texts: ({digests}) => digests, isHidden: true},
	{names: ['label'], texts: ({configuration}) => labelTexts(configuration), isHidden: true},
	{names: ['port'], texts: ({configuration: {exposedPorts}}) => exposedPorts, isHidden: true, isFromStart: true},
];

export const volumeKind = ({anonymous}: Volume): string => anonymous ? 'anonymous' : 'named';

export const volumeFields = (snapshot: Pick<Snapshot, 'containers'>): ReadonlyArray<Field<Volume>> => [
	{names: ['name', 'volume', 'id'], texts: ({name}) => [name]},
	{names: ['kind', 'state'], texts: volume => [volumeKind(volume)]},
	{names: ['container'], texts: volume => volumeUsers(volume, snapshot)},
	{names: ['label'], texts: labelTexts, isHidden: true},
];

/** Name of the container of a DNS record. */
export const recordOwner = ({record: {containerId}}: RecordRow, containers: Snapshot['containers']): string =>
	containers.find(({id}) => id === containerId)?.name ?? (containerId === undefined ? 'the host' : 'gone');

export const recordFields = ({containers}: Pick<Snapshot, 'containers'>): ReadonlyArray<Field<RecordRow>> => [
	{names: ['network', 'net'], texts: ({network}) => [network]},
	{names: ['name'], texts: ({record}) => [record.name]},
	{names: ['type'], texts: ({record}) => [record.type]},
	{names: ['ip', 'value', 'address'], texts: ({record}) => [record.value], covers: isWithin},
	{names: ['container', 'owner'], texts: row => [recordOwner(row, containers)]},
	{names: ['state'], texts: ({isStale}) => isStale ? ['stale'] : []},
	{names: ['id'], texts: ({record}) => [record.containerId ?? ''], isHidden: true, isFromStart: true},
];

/** `end` is what is known of the end of a container. */
export type EventRow = {readonly id: string; readonly event: EngineEvent; readonly end?: EventEnd};

export const eventFields: ReadonlyArray<Field<EventRow>> = [
	{names: ['type'], texts: ({event}) => [event.type]},
	{names: ['action', 'state'], texts: ({event}) => [event.action]},
	{names: ['name', 'container'], texts: ({event}) => [event.attributes.name ?? event.id.slice(0, 12)]},
	{names: ['image'], texts: ({event: {attributes: {image}}}) => image === undefined ? [] : [image]},
	{names: ['end', 'exit'], texts: ({end}) => end ? [endWords(end)] : []},
	{names: ['details', 'label'], texts: ({event: {attributes}}) => Object.entries(attributes).map(([key, value]) => `${key}=${value}`)},
	{names: ['id'], texts: ({event: {id, attributes}}) => [id, attributes.container ?? ''], isHidden: true, isFromStart: true},
];

/** The prefixes of a list, for the prompt. */
export const prefixesOf = (fields: ReadonlyArray<Field<never>>): readonly string[] => fields.map(({names}) => names[0]);
