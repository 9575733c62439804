import type {Snapshot} from '../../engine/snapshot.js';
import type {Network} from '../../engine/resources.js';
import {stepsTitle} from '../builder/builder-lines.js';
import {isBuilding, type BuilderView, type ContainerRow} from '../builder/builder-row.js';
import {stateText} from '../containers/rows.js';
import {overlapping} from '../state/subnets.js';
import type {ResourceUsage} from '../state/resource-usage.js';
import {addressCount, nextFreeAddress} from '../views/addresses-lines.js';
import {count, sentence, spokenBytes, spokenPercent} from './words.js';

/** The networks and their containers, as sentences. */
export const topologySentences = ({networks, containers}: Pick<Snapshot, 'networks' | 'containers'>, selectedId: string | undefined): readonly string[] => {
	const byId = new Map(containers.map(container => [container.id, container]));
	const alone = containers.filter(({attachments}) => attachments.length === 0);
	return [
		...networks.flatMap(({id, name, subnet, gateway, internal, leases}) => [
			sentence(`Network ${name}`, id === selectedId && 'selected', `subnet ${subnet}`, `gateway ${gateway}`, internal && 'internal, no external access', leases.length === 0 ? 'no containers' : `${count(leases.length, 'container')} on it`),
			...leases.map(({containerId, containerName, address}) => {
				const container = byId.get(containerId);
				const others = container?.attachments.filter(({networkId}) => networkId !== id).map(({network}) => network) ?? [];
				return sentence(`${containerName} on ${name} at ${address}`, container ? stateText(container) : 'gone', others.length > 0 && `also on ${others.join(' and ')}`);
			}),
		]),
		...(alone.length === 0 ? [] : [`On no network: ${alone.map(({name}) => name).join(', ')}`]),
	];
};

/** The leases of a network, as sentences. */
export const addressSentences = (network: Network, {networks}: Pick<Snapshot, 'networks'>): readonly string[] => {
	const {subnet, gateway, leases, id} = network;
	const size = addressCount(network);
	if (size === undefined) {
		return [`${subnet} is not an IPv4 subnet`];
	}

	const other = overlapping(subnet, networks.filter(candidate => candidate.id !== id));
	return [
		sentence(`Gateway ${gateway}`, `${leases.length} leased of ${size} addresses`, `next free ${nextFreeAddress(network) ?? 'none'}`),
		...(other ? [`It overlaps ${other.subnet} of ${other.name}`] : []),
		...leases.map(({address, mac, containerName}) => sentence(`${address} is leased to ${containerName}`, `hardware address ${mac}`)),
	];
};

const builderSentences = (view: BuilderView): readonly string[] => {
	const {status, steps = []} = view;
	const processes = isBuilding(status) ? steps : [];
	return [
		stepsTitle(view),
		...processes.map(({step, pid, elapsedSeconds, command}) => sentence(`Step ${step}`, command, `for ${count(elapsedSeconds, 'second')}`, `process ${pid}`)),
		sentence(`Cache ${spokenBytes(status.usedBytes)} of ${spokenBytes(status.diskBytes)}`, count(status.connections, 'connection'), `stops ${count(status.keepSeconds, 'second')} after the last build`),
	];
};

/** The machine of a container, as sentences. */
export const machineSentences = (container: ContainerRow, usage: ResourceUsage | undefined): readonly string[] => {
	const {machine, builder} = container;
	return [
		sentence(container.name, stateText(container)),
		...(builder ? builderSentences(builder) : []),
		...(machine
			? [
				sentence(`Runs on ${machine.accelerator === 'tcg' ? 'tcg, emulated, without hardware virtualisation' : machine.accelerator}`, count(machine.cpus, 'CPU'), `${spokenBytes(machine.memoryBytes)} of memory`),
				`Kernel ${machine.kernel}`,
				`Last start took ${count(Math.round(Math.max(0, ...machine.phases.map(({endMs}) => endMs))), 'millisecond')}`,
				...machine.phases.map(({name, startMs, endMs}) => `Phase ${name} took ${count(Math.round(endMs - startMs), 'millisecond')} from ${Math.round(startMs)} on`),
			]
			: ['This engine has no machines']),
		...(usage
			? [
				sentence(usage.cpuPercent !== undefined && `CPU ${spokenPercent(usage.cpuPercent)} of ${(machine?.cpus ?? 1) * 100}`),
				`Memory ${spokenBytes(usage.memoryBytes)} of ${spokenBytes(usage.memoryLimitBytes)} in the container`,
				usage.hostMemoryBytes === undefined ? '' : `${spokenBytes(usage.hostMemoryBytes)} of host memory`,
				`Traffic ${spokenBytes(usage.receivedPerSecond)} a second in, ${spokenBytes(usage.sentPerSecond)} a second out`,
			].filter(Boolean)
			: [container.status.state === 'running' ? 'No statistics yet' : 'Not running']),
	];
};
