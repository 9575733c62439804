import {memo, useMemo} from 'react';
import {widthOf} from '../../text/width.js';
import type {Network} from '../../engine/resources.js';
import type {Size} from '../frame/lines.js';
import {cursorOf, type ListState} from '../state/list-state.js';
import {Panel} from '../frame/panel.js';
import {RowTable, type TableColumn, type TableRow} from '../frame/row-table.js';
import {numberOf, rangeOf} from '../state/subnets.js';
import {clean} from '../../text/fit.js';

export type NetworksProps = Size & {
	readonly networks: readonly Network[];
	readonly total: number;
	readonly state: ListState;
	readonly isFocused: boolean;
	readonly isStale: boolean;
	readonly empty: string;
};

const columns: readonly TableColumn[] = [
	{title: 'NAME', isFlexible: true},
	{title: 'SUBNET'},
	{title: 'GATEWAY'},
	{title: 'LEASES', align: 'right'},
	{title: 'KIND'},
];

/** Number of addresses for containers: without network address, broadcast address, gateway and auxiliary addresses. */
export const availableAddresses = ({subnet, ipRange, auxiliaryAddresses = {}}: Pick<Network, 'subnet' | 'ipRange' | 'auxiliaryAddresses'>): number => {
	const range = rangeOf(ipRange ?? subnet);
	if (!range) {
		return 0;
	}

	const isInside = (address: number) => address >= range.first && address <= range.last;
	const auxiliary = Object.values(auxiliaryAddresses).filter(address => isInside(numberOf(address)));
	return Math.max(0, range.last - range.first + 1 - (ipRange === undefined ? 3 : 0) - auxiliary.length);
};

export const networkRow = (network: Network, isMarked: boolean): TableRow => {
	const {id, name, subnet, gateway, leases, internal} = network;
	return {
		id,
		cells: [name, subnet, gateway, `${leases.length}/${availableAddresses(network)}`, internal ? 'internal' : 'nat'].map(text => clean(text)),
		role: leases.length === 0 ? 'dim' : 'text',
		isMarked,
	};
};

// Dropped in this order. The gateway is usually the subnet's first address, so it goes first.
const droppable = ['GATEWAY', 'KIND', 'LEASES'];
// Longer names are cut before columns are dropped.
const longestName = 24;

/** Indices of the columns that fit beside the names. */
export const columnsFor = (rows: readonly TableRow[], room: number): readonly number[] => {
	const widths = columns.map(({title}, index) => {
		const widest = Math.max(widthOf(title), ...rows.map(({cells}) => widthOf(cells[index]!)));
		return index === 0 ? Math.min(longestName, widest) : widest;
	});
	let kept = columns.map((_, index) => index);
	for (const title of droppable) {
		// Two columns for the mark, and a space after each cell.
		if (kept.reduce((sum, index) => sum + widths[index]! + 1, 2) <= room) {
			break;
		}

		kept = kept.filter(index => columns[index]!.title !== title);
	}

	return kept;
};

/** The list of networks. */
export const NetworksPane = memo(({networks, total, state, isFocused, isStale, empty, width, height}: NetworksProps) => {
	const rows = useMemo(() => networks.map(network => networkRow(network, state.marks.has(network.id))), [networks, state.marks]);
	const kept = useMemo(() => columnsFor(rows, width - 2), [rows, width]);
	return (
		<Panel
			title={`2 Networks ${state.filter === '' ? total : `${networks.length} of ${total}, filter: ${state.filter}`}`}
			note={state.marks.size > 0 ? `${state.marks.size} marked` : ''}
			{...{width, height, isFocused, isStale}}
		>
			<RowTable
				name='networks'
				columns={kept.map(index => columns[index]!)}
				rows={rows.map(row => ({...row, cells: kept.map(index => row.cells[index]!)}))}
				cursor={cursorOf(state, networks.map(({id}) => id))}
				width={width - 2}
				height={height - 2}
				{...{isFocused, isStale, empty}}
			/>
		</Panel>
	);
});
