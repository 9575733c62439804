import {widthOf} from '../../text/width.js';
import type {Snapshot} from '../../engine/snapshot.js';
import type {BuildStep} from '../../engine/builder.js';
import type {Container} from '../../engine/resources.js';
import {builderRole, builderRow, builderState, builderText, type ContainerRow} from '../builder/builder-row.js';
import type {ListState} from '../state/list-state.js';
import {shortBytes, shortDuration, shortPercent} from '../../text/measures.js';
import {clean} from '../../text/fit.js';
import type {Role} from '../frame/theme.js';
import type {ResourceUsage} from '../state/resource-usage.js';

export type Column = {
	readonly key: string;
	readonly title: string;
	readonly least: number;
	readonly align: 'left' | 'right';
	/** Always `least` wide, so that changing values do not move other columns. */
	readonly isFixed?: boolean;
	/** Grows with its content up to this before less important columns get any room; default `least`. */
	readonly most?: number;
	/** Columns with higher numbers are dropped first and widened last. */
	readonly order: number;
	readonly text: (container: ContainerRow, usage: ResourceUsage | undefined, now: number) => string;
	/** Sort key, highest first; default the text. */
	readonly rank?: (container: Container, usage: ResourceUsage | undefined) => number;
};

/** The state of a container, such as `running` or `exited 1`; of one that runs with health checks, the health; of the builder, whether it builds. */
export const stateText = ({status, health, builder}: ContainerRow): string => {
	if (builder) {
		return builderState(builder);
	}

	switch (status.state) {
		case 'running': {
			return health?.status ?? status.state;
		}

		case 'exited':
		case 'restarting': {
			return `${status.state} ${status.exitCode}`;
		}

		case 'created':
		case 'paused': {
			return status.state;
		}
	}
};

const healthRoles = {starting: 'warning', healthy: 'good', unhealthy: 'bad'} as const;

/** The colour of the state. */
export const stateRole = ({status, health, builder}: ContainerRow): Role => {
	if (builder) {
		return builderRole(builder);
	}

	switch (status.state) {
		case 'running': {
			return health ? healthRoles[health.status] : 'good';
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

/** The image name without the prefix of the default registry. */
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

		case 'created':
		case 'restarting': {
			return '';
		}
	}
};

const startedAt = ({status}: Container): number => 'startedAt' in status ? status.startedAt : 0;

export const columns: readonly Column[] = [
	{key: 'name', title: 'NAME', least: 12, most: 24, align: 'left', order: 0, text: ({name}) => name},
	{key: 'state', title: 'STATE', least: 10, isFixed: true, align: 'left', order: 1, text: stateText},
	{key: 'image', title: 'IMAGE', least: 12, align: 'left', order: 6, text: ({configuration: {image}, builder}) => builder ? builderText(builder) : shortImage(image)},
	{
		key: 'network', title: 'ADDRESS NETWORK', least: 17, align: 'left', order: 3,
		text: ({attachments}) => attachments.map(({network, address}) => `${address} ${network}`.trim()).join(', '),
	},
	{
		key: 'ports', title: 'PORTS', least: 6, align: 'left', order: 7,
		text: ({ports}) => [...new Set(ports.map(({hostPort, containerPort, protocol}) => `${hostPort}:${containerPort}${protocol === 'udp' ? '/udp' : ''}`))].join(' '),
	},
	{
		key: 'cpu', title: 'CPU', least: 5, isFixed: true, align: 'right', order: 2,
		text: (_, usage) => usage?.cpuPercent === undefined ? '' : shortPercent(usage.cpuPercent), rank: (_, usage) => usage?.cpuPercent ?? -1,
	},
	{
		key: 'memory', title: 'MEM', least: 5, isFixed: true, align: 'right', order: 5,
		text: (_, usage) => usage ? shortBytes(usage.memoryBytes) : '', rank: (_, usage) => usage?.memoryBytes ?? -1,
	},
	{
		key: 'host', title: 'HOST', least: 5, isFixed: true, align: 'right', order: 8,
		text: (_, usage) => usage?.hostMemoryBytes === undefined ? '' : shortBytes(usage.hostMemoryBytes), rank: (_, usage) => usage?.hostMemoryBytes ?? -1,
	},
	{key: 'uptime', title: 'UP', least: 4, isFixed: true, align: 'right', order: 4, text: (container, _, now) => uptime(container, now), rank: container => -startedAt(container)},
];

export type ColumnWidth = {readonly column: Column; readonly width: number};

const gap = 2;
const widest = 44;

/** The columns that fit, with their widths, for two spaces between them. Columns get the room in the order of `order`, each up to the width of its content. */
export const columnWidths = (room: number, contents: ReadonlyArray<readonly string[]> = []): readonly ColumnWidth[] => {
	let kept = columns.map((column, index) => {
		const content = Math.max(widthOf(column.title) + 1, ...contents.map(cells => widthOf(cells[index]!)));
		const least = column.isFixed || contents.length === 0 ? column.least : Math.min(column.most ?? column.least, content);
		return {column, width: least, wanted: Math.max(least, content)};
	});
	const needed = () => kept.reduce((sum, {width}) => sum + width + gap, -gap);
	while (kept.length > 1 && needed() > room) {
		const last = Math.max(...kept.map(({column}) => column.order));
		kept = kept.filter(({column}) => column.order !== last);
	}

	let left = Math.max(0, room - needed());
	const byOrder = kept.toSorted((a, b) => a.column.order - b.column.order);
	// No column grows beyond `widest` while others still need room.
	for (const most of [widest, Infinity]) {
		for (const entry of byOrder) {
			const more = Math.max(0, Math.min(left, Math.min(most, entry.wanted) - entry.width));
			entry.width += more;
			left -= more;
		}
	}

	return kept.map(({column, width}) => ({column, width}));
};

const isMatch = (container: ContainerRow, filter: string): boolean => {
	const {name, configuration: {image}, attachments, builder} = container;
	// What the builder runs changes by the second.
	const texts = [name, builder ? '' : image, stateText(container), ...attachments.flatMap(({network, address}) => [network, address])];
	return texts.some(text => text.toLowerCase().includes(filter));
};

const isVisible = (row: ContainerRow, filter: string): boolean => filter === '' || isMatch(row, filter);

/** The containers that pass the filter, in the order of the list. */
export const visibleContainers = (
	containers: Snapshot['containers'],
	usage: Readonly<Record<string, ResourceUsage>>,
	{filter, sort, isDescending}: ListState,
	areStoppedShown: boolean,
): readonly ContainerRow[] => {
	const visible = containers.filter(container => (areStoppedShown || container.status.state !== 'exited') && isVisible(container, filter));
	const column = columns.find(({key}) => key === sort);
	if (!column) {
		return visible;
	}

	const {rank} = column;
	const direction = isDescending ? -1 : 1;
	return visible.toSorted((a, b) => direction * (rank
		? rank(b, usage[b.id]) - rank(a, usage[a.id])
		: column.text(a, undefined, 0).localeCompare(column.text(b, undefined, 0))));
};

/** The builder's row, if it passes the filter. */
export const visibleBuilder = (
	builder: Snapshot['builder'],
	steps: readonly BuildStep[] | undefined,
	{filter}: ListState,
	areStoppedShown: boolean,
): ContainerRow | undefined => {
	const row = builder && (areStoppedShown || builder.status.state === 'running') ? builderRow(builder, steps) : undefined;
	return row && isVisible(row, filter) ? row : undefined;
};

/** The cells of all columns, escaped but not cut. */
export const cellsOf = (container: ContainerRow, usage: ResourceUsage | undefined, now: number): readonly string[] =>
	columns.map(column => clean(column.text(container, usage, now)));
