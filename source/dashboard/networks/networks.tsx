import {memo, useMemo} from 'react';
import type {Network} from '../../engine/resources.js';
import type {Size} from '../frame/lines.js';
import {gap, sumOf} from '../lists/columns.js';
import {networkKind} from '../lists/fields.js';
import {countText, noteText, type Marks} from '../lists/titles.js';
import type {FoundById} from '../state/list-items.js';
import type {ListState} from '../state/list-state.js';
import {Panel} from '../frame/panel.js';
import {RowTable, type TableColumn, type TableRow} from '../frame/row-table.js';
import {numberOf, rangeOf} from '../state/subnets.js';
import {clean} from '../../text/fit.js';

export type NetworksProps = Size & {
	readonly networks: readonly Network[];
	/** Without the filter. */
	readonly all: readonly Network[];
	readonly found: FoundById;
	readonly marks: Marks;
	readonly state: ListState;
	readonly isFocused: boolean;
	readonly isStale: boolean;
	readonly isAwaited: boolean;
	readonly empty: string;
};

const columns: readonly TableColumn[] = [
	{title: 'NAME', need: 0, most: 20},
	{title: 'SUBNET', need: 1, most: 18},
	// Usually the subnet's first address.
	{title: 'GATEWAY', need: 4, most: 15},
	{title: 'LEASES', align: 'right', need: 2, most: 9},
	{title: 'KIND', need: 3, most: 9},
];

/** The width of the list with all columns. */
export const fullWidth: number = sumOf(columns.map(({most = 0}) => most + gap)) - gap;

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

const networkRow = (network: Network): TableRow => {
	const {id, name, subnet, gateway, leases} = network;
	return {
		id,
		cells: [name, subnet, gateway, `${leases.length}/${availableAddresses(network)}`, networkKind(network)].map(text => clean(text)),
		role: leases.length === 0 ? 'dim' : 'text',
	};
};

/** The list of networks. */
export const NetworksPane = memo((props: NetworksProps) => {
	const {networks, all, found, marks, state, isFocused, isStale, isAwaited, empty, width, height} = props;
	const allRows = useMemo(() => all.map(network => networkRow(network)), [all]);
	const rows = useMemo(() => networks.map(network => networkRow(network)), [networks]);
	return (
		<Panel title={`2 Networks ${countText(state, networks.length, all.length)}`} note={noteText(marks, state, isFocused)} {...{width, height, isFocused, isStale}}>
			<RowTable
				name='networks'
				width={width - 2}
				height={height - 2}
				all={allRows}
				{...{columns, rows, state, found, isFocused, isStale, isAwaited, empty}}
			/>
		</Panel>
	);
});
