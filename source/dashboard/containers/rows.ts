import type {Snapshot} from '../../engine.js';
import type {Container} from '../../resources.js';
import type {ListState} from '../list-state.js';
import {shortBytes, shortDuration, shortPercent} from '../measures.js';
import {clean} from '../text.js';
import type {Role} from '../theme.js';
import type {Usage} from '../usage.js';

export type Column = {
	readonly key: string;
	readonly title: string;
	readonly least: number;
	/** Share of the room that is left over; a column without it stays as narrow as it may be. */
	readonly weight: number;
	readonly align: 'left' | 'right';
	/** Columns with higher numbers go first when there is no room. */
	readonly order: number;
	readonly text: (container: Container, usage: Usage | undefined, now: number) => string;
	/** What it is sorted by where the text does not do. */
	readonly rank?: (container: Container, usage: Usage | undefined) => number;
};

/** What a container is doing, in a word or two. */
export const stateText = ({status}: Container): string => status.state === 'exited' || status.state === 'restarting' ? `${status.state} ${status.exitCode}` : status.state;

/** What the state looks like. */
export const stateRole = ({status}: Container): Role => {
	switch (status.state) {
		case 'running': {
			return 'good';
		}

		case 'paused':
		case 'restarting': {
			return 'warning';
		}

		case 'created': {
			return 'dim';
		}

		case 'exited': {
			return status.exitCode === 0 ? 'dim' : 'bad';
		}
	}
};

/** The image without what every image of the default registry begins with. */
export const shortImage = (reference: string): string => reference.replace(/^docker\.io\/(?:library\/)?/v, '');

const uptime = ({status}: Container, now: number): string => {
	switch (status.state) {
		case 'running':
		case 'paused': {
			return shortDuration(now - status.startedAt);
		}

		case 'exited': {
			return status.finishedAt > 0 ? `-${shortDuration(now - status.finishedAt)}` : '';
		}

		default: {
			return '';
		}
	}
};

const startedAt = ({status}: Container): number => 'startedAt' in status ? status.startedAt : 0;

export const columns: readonly Column[] = [
	{key: 'name', title: 'NAME', least: 12, weight: 3, align: 'left', order: 0, text: ({name}) => name},
	{key: 'state', title: 'STATE', least: 10, weight: 0, align: 'left', order: 1, text: stateText},
	{key: 'image', title: 'IMAGE', least: 10, weight: 3, align: 'left', order: 5, text: ({configuration: {image}}) => shortImage(image)},
	{
		key: 'network', title: 'NETWORK ADDRESS', least: 17, weight: 3, align: 'left', order: 3,
		text: ({attachments}) => attachments.map(({network, address}) => `${network} ${address}`.trim()).join(', '),
	},
	{
		key: 'ports', title: 'PORTS', least: 10, weight: 1, align: 'left', order: 6,
		text: ({ports}) => ports.map(({hostPort, containerPort, protocol}) => `${hostPort}→${containerPort}${protocol === 'udp' ? '/udp' : ''}`).join(' '),
	},
	{
		key: 'cpu', title: 'CPU', least: 5, weight: 0, align: 'right', order: 2,
		text: (_, usage) => usage?.cpuPercent === undefined ? '' : shortPercent(usage.cpuPercent), rank: (_, usage) => usage?.cpuPercent ?? -1,
	},
	{
		key: 'memory', title: 'MEM', least: 5, weight: 0, align: 'right', order: 4,
		text: (_, usage) => usage ? shortBytes(usage.memoryBytes) : '', rank: (_, usage) => usage?.memoryBytes ?? -1,
	},
	{
		key: 'host', title: 'HOST', least: 5, weight: 0, align: 'right', order: 7,
		text: (_, usage) => usage?.hostMemoryBytes === undefined ? '' : shortBytes(usage.hostMemoryBytes), rank: (_, usage) => usage?.hostMemoryBytes ?? -1,
	},
	{key: 'uptime', title: 'UP', least: 4, weight: 0, align: 'right', order: 3, text: (container, _, now) => uptime(container, now), rank: container => -startedAt(container)},
];

/** The columns that have room, with their widths; two spaces are between them. */
export const columnWidths = (width: number): ReadonlyArray<{readonly column: Column; readonly width: number}> => {
	const gap = 2;
	let kept = [...columns];
	const needed = () => kept.reduce((sum, {least}) => sum + least + gap, -gap);
	while (kept.length > 1 && needed() > width) {
		const last = Math.max(...kept.map(({order}) => order));
		kept = kept.filter(({order}) => order !== last);
	}

	let room = Math.max(0, width - needed());
	let weights = kept.reduce((sum, {weight}) => sum + weight, 0);
	return kept.map(column => {
		const share = weights === 0 ? 0 : Math.floor(room * column.weight / weights);
		room -= share;
		weights -= column.weight;
		return {column, width: Math.min(column.least + share, Math.max(column.least, width))};
	});
};

const isShown = (container: Container, filter: string): boolean =>
	[container.name, container.configuration.image, stateText(container), ...container.attachments.flatMap(({network, address}) => [network, address])].some(text => text.toLowerCase().includes(filter));

/** The containers that are shown, in the order of the list. */
export const shownContainers = (containers: Snapshot['containers'], usage: Readonly<Record<string, Usage>>, {filter, sort, isDescending}: ListState, showsStopped: boolean): readonly Container[] => {
	const shown = containers.filter(container => (showsStopped || container.status.state !== 'exited') && (filter === '' || isShown(container, filter)));
	const column = columns.find(({key}) => key === sort);
	if (!column) {
		return shown;
	}

	const {rank} = column;
	const direction = isDescending ? -1 : 1;
	return shown.toSorted((a, b) => direction * (rank
		? rank(b, usage[b.id]) - rank(a, usage[a.id])
		: column.text(a, undefined, 0).localeCompare(column.text(b, undefined, 0))));
};

/** The cells of a row, clean but not cut. */
export const cellsOf = (container: Container, usage: Usage | undefined, now: number, shown: ReadonlyArray<{readonly column: Column}>): readonly string[] =>
	shown.map(({column}) => clean(column.text(container, usage, now)));
