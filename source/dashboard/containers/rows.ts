import {widthOf} from '../../text/width.js';
import type {Container} from '../../engine/resources.js';
import {builderRole, builderState, builderText, type ContainerRow} from '../builder/builder-row.js';
import {clean} from '../../text/fit.js';
import {shortBytes, shortDuration, shortPercent, sparkline} from '../../text/measures.js';
import {wide} from '../frame/layout.js';
import type {Role, Theme} from '../frame/theme.js';
import {gap, planColumns, sumOf, type ColumnShape, type PlannedColumn} from '../lists/columns.js';
import type {Rank} from '../lists/sorts.js';
import type {ResourceUsage} from '../state/resource-usage.js';

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

/** The ports of a container as its list shows them. */
export const portTexts = ({ports}: Container): readonly string[] =>
	[...new Set(ports.map(({hostPort, containerPort, protocol}) => `${hostPort}:${containerPort}${protocol === 'udp' ? '/udp' : ''}`))];

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

/** Percent of all CPUs of the container. */
export const cpuShare = ({cpuPercent, cpus}: ResourceUsage): number | undefined =>
	cpuPercent === undefined ? undefined : cpuPercent / Math.max(cpus, 1);

/** Percent of the memory limit; undefined without a limit. */
export const memoryShare = ({memoryBytes, memoryLimitBytes}: Pick<ResourceUsage, 'memoryBytes' | 'memoryLimitBytes'>): number | undefined =>
	memoryLimitBytes > 0 ? memoryBytes / memoryLimitBytes * 100 : undefined;

/** Percent above which a share is a warning. */
export const highShare = 90;

const barWidth = 6;
const sparkCount = 8;

/** A share as a bar: `██····`. */
export const shareBar = (percent: number, {glyphs: {full, empty}}: CellSource['look']): string => {
	const filled = Math.max(0, Math.min(barWidth, Math.round(percent / 100 * barWidth)));
	return full.repeat(filled) + empty.repeat(barWidth - filled);
};

/** What the cells of a row are made from. */
export type CellSource = {
	readonly usage: ResourceUsage | undefined;
	readonly now: number;
	readonly look: {readonly glyphs: Pick<Theme['glyphs'], 'full' | 'empty'>; readonly sparks: Theme['sparks']};
};

export type Column = ColumnShape & {
	readonly text: (container: ContainerRow, source: CellSource) => string;
};

const shareText = ({usage, look}: CellSource): string => {
	const share = usage && memoryShare(usage);
	return usage === undefined || share === undefined ? '' : `${shareBar(share, look)} ${shortPercent(share).padStart(4)} ${shortBytes(usage.memoryLimitBytes).padStart(4)}`;
};

/** The columns from left to right: those that change often are the last, since only what follows a change has to be sent again. */
export const columns: readonly Column[] = [
	{key: 'name', title: 'NAME', least: 12, most: 24, need: 0, text: ({name}) => name},
	{key: 'state', title: 'STATE', fixed: 10, need: 1, text: row => stateText(row)},
	{key: 'match', title: 'MATCH', least: 12, most: 30, need: 1.5, text: () => ''},
	{key: 'image', title: 'IMAGE', least: 12, most: 24, need: 7, text: ({configuration: {image}, builder}) => builder ? builderText(builder) : shortImage(image)},
	{
		key: 'network', title: 'ADDRESS NETWORK', least: 17, most: 32, need: 3,
		text: ({attachments}) => attachments.map(({network, address}) => `${address} ${network}`.trim()).join(', '),
	},
	{key: 'ports', title: 'PORTS', least: 9, most: 14, need: 6, text: row => portTexts(row).join(' ')},
	{key: 'restarts', title: 'RESTARTS', fixed: 9, align: 'right', need: 9, text: ({restartCount, builder}) => builder ? '' : String(restartCount)},
	{key: 'uptime', title: 'UP', fixed: 4, align: 'right', need: 4, text: (row, {now}) => uptime(row, now)},
	{key: 'host', title: 'HOST', fixed: 5, align: 'right', need: 11, text: (_, {usage}) => usage?.hostMemoryBytes === undefined ? '' : shortBytes(usage.hostMemoryBytes)},
	{key: 'share', title: 'OF LIMIT', fixed: 16, need: 10, text: (_, source) => shareText(source)},
	{key: 'memory', title: 'MEM', fixed: 5, align: 'right', need: 5, text: (_, {usage}) => usage ? shortBytes(usage.memoryBytes) : ''},
	{key: 'cpu', title: 'CPU', fixed: 5, align: 'right', need: 2, text: (_, {usage}) => usage?.cpuPercent === undefined ? '' : shortPercent(usage.cpuPercent)},
	{
		key: 'cpuBars', title: '', fixed: sparkCount, need: 8,
		text: (_, {usage, look}) => usage ? sparkline(usage.cpuHistory, {width: sparkCount, most: 100 * Math.max(1, usage.cpus), sparks: look.sparks}) : '',
	},
];

/** Columns whose values come with the statistics. */
export const usageColumns: ReadonlySet<string> = new Set(['host', 'share', 'memory', 'cpu', 'cpuBars']);

const startedAt = ({status}: Container): number => 'startedAt' in status ? status.startedAt : 0;
// Behind every uptime.
const ended = 1e15;

const upRank = (container: Container): number | undefined => {
	const {status} = container;
	if (status.state === 'running' || status.state === 'paused') {
		return -startedAt(container);
	}

	return status.state === 'exited' && status.finishedAt > 0 ? ended - status.finishedAt : undefined;
};

const addressRank = (address: string): number | undefined => {
	const parts = address.split('.');
	return parts.length === 4 && parts.every(part => /^\d{1,3}$/v.test(part)) ? parts.reduce((sum, part) => sum * 256 + Number(part), 0) : undefined;
};

/** The value of a container in a column, to sort by. */
export const containerRank = (key: string | undefined, usage: Readonly<Record<string, ResourceUsage>>): Rank<ContainerRow> | undefined => {
	const ranks: Readonly<Record<string, Rank<ContainerRow>>> = {
		name: ({name}) => name,
		state: row => stateText(row),
		image: ({configuration: {image}}) => shortImage(image),
		network: ({attachments}) => attachments.map(({address}) => addressRank(address)).find(rank => rank !== undefined),
		ports: ({ports}) => ports[0]?.hostPort,
		restarts: ({restartCount}) => restartCount,
		uptime: upRank,
		host: ({id}) => usage[id]?.hostMemoryBytes,
		share: ({id}) => usage[id] && memoryShare(usage[id]),
		memory: ({id}) => usage[id]?.memoryBytes,
		cpu: ({id}) => usage[id]?.cpuPercent,
	};
	return key !== undefined && Object.hasOwn(ranks, key) ? ranks[key] : undefined;
};

/** The colour of a cell. */
export const cellRole = (key: string, container: ContainerRow, usage: ResourceUsage | undefined): Role => {
	const isHigh = (share: number | undefined) => share !== undefined && share > highShare;
	switch (key) {
		case 'state': {
			return stateRole(container);
		}

		case 'name': {
			return container.builder ? 'accent' : 'text';
		}

		case 'match': {
			return 'accent';
		}

		case 'restarts': {
			return container.restartCount > 0 ? 'warning' : 'dim';
		}

		case 'cpu':
		case 'cpuBars': {
			return usage && isHigh(cpuShare(usage)) ? 'bad' : 'text';
		}

		case 'memory':
		case 'share': {
			return usage && isHigh(memoryShare(usage)) ? 'bad' : (key === 'memory' ? 'text' : 'dim');
		}

		default: {
			return 'dim';
		}
	}
};

/** The escaped text of a cell, not cut. */
export const cellText = (column: Column, container: ContainerRow, source: CellSource): string => clean(column.text(container, source));

const isStatic = ({key, fixed}: Column): boolean => fixed === undefined && key !== 'match';
/** For cells that have nothing to do with usage and time. */
export const noSource: CellSource = {usage: undefined, now: 0, look: {glyphs: {full: '', empty: ''}, sparks: []}};

/** Spaces before the name of a container in a project. */
export const indent = 2;

/** What the builder runs changes by the second: it gets the room that others may have. */
const widthIn = (column: Column, container: ContainerRow): number =>
	column.key === 'image' && container.builder ? column.most ?? 0 : widthOf(cellText(column, container, noSource));

/** The widest content of each column in the whole list, with the names of its projects. */
export const containerWidths = (
	containers: readonly ContainerRow[],
	projects: readonly string[],
	isIndented: (container: ContainerRow) => boolean,
): readonly number[] => columns.map(column => {
	if (!isStatic(column)) {
		return column.fixed ?? 0;
	}

	const isName = column.key === 'name';
	return Math.max(
		0,
		...containers.map(container => widthIn(column, container) + (isName && isIndented(container) ? indent : 0)),
		...isName ? projects.map(name => widthOf(clean(name)) + indent) : [],
	);
});

const listWidths = columns.map(({fixed, most = 0}) => fixed ?? most);

/** The width of the list with all columns as wide as they get before they are as wide as their content. */
export const fullWidth: number = sumOf(listWidths) + (gap * (listWidths.length - 1));

/** Columns of the pane that are not the list's: borders, the mark, and a space at the end. */
export const frame = 5;

/** The room of the list in the widest terminal with the networks below it. Cut columns grow no further there than they can where the networks are beside it. */
const narrowest = wide - frame - 1;

/** Columns that the list shows whatever its width: the sorted one, and what a filter found elsewhere. */
export type Wanted = {readonly sort?: string; readonly matchWidth: number};

/** The columns in a list of this width; see `planColumns`. */
export const planContainers = (room: number, widths: readonly number[], {sort, matchWidth}: Wanted): readonly PlannedColumn[] => {
	const indices = columns.flatMap(({key}, index) => key === 'match' && matchWidth === 0 ? [] : [index]);
	const shapes = indices.map(index => {
		const column = columns[index]!;
		// The order of a list without its column would say nothing.
		return column.key === sort ? {...column, need: Math.min(column.need, 1.2)} : column;
	});
	const plan = planColumns(shapes, indices.map(index => columns[index]!.key === 'match' ? matchWidth : widths[index]!), room, room > narrowest ? room : Math.min(room, fullWidth));
	return plan.map(({index, width}) => ({index: indices[index]!, width}));
};
