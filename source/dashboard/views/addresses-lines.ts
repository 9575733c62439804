import type {Snapshot} from '../../engine/snapshot.js';
import type {Network} from '../../engine/resources.js';
import type {Size} from '../frame/lines.js';
import {addressOf, numberOf, overlapping, rangeOf} from '../state/subnets.js';
import {clean, fit} from '../../text/fit.js';
import type {Role, Theme} from '../frame/theme.js';

type Use = 'reserved' | 'gateway' | 'leased' | 'free' | 'outside';

const looks: Readonly<Record<Use, {readonly role: Role; readonly glyph: string; readonly title: string}>> = {
	reserved: {role: 'dim', glyph: 'x', title: 'reserved'},
	gateway: {role: 'accent', glyph: 'G', title: 'gateway'},
	leased: {role: 'warning', glyph: '#', title: 'leased'},
	free: {role: 'good', glyph: '.', title: 'free'},
	outside: {role: 'dim', glyph: '-', title: 'outside the lease range'},
};

/** A function from addresses to their use; undefined for an invalid subnet. */
export const usesOf = ({subnet, gateway, ipRange, auxiliaryAddresses = {}, leases}: Network): ((address: number) => Use) | undefined => {
	const range = rangeOf(subnet);
	if (!range) {
		return undefined;
	}

	const leaseRange = ipRange === undefined ? undefined : rangeOf(ipRange);
	const held = new Set(leases.map(({address}) => numberOf(address)));
	const reserved = new Set([range.first, range.last, ...Object.values(auxiliaryAddresses).map(address => numberOf(address))]);
	const gatewayNumber = numberOf(gateway);
	return address => {
		if (address === gatewayNumber) {
			return 'gateway';
		}

		if (held.has(address)) {
			return 'leased';
		}

		if (reserved.has(address)) {
			return 'reserved';
		}

		return leaseRange && (address < leaseRange.first || address > leaseRange.last) ? 'outside' : 'free';
	};
};

// In larger subnets a cell stands for several addresses.
const mostCells = 1024;

const heaviest = (uses: readonly Use[]): Use => (['gateway', 'leased', 'free', 'outside', 'reserved'] as const).find(use => uses.includes(use)) ?? 'reserved';

/** Number of addresses in a network's subnet; undefined for an invalid subnet. */
export const addressCount = ({subnet}: Pick<Network, 'subnet'>): number | undefined => {
	const range = rangeOf(subnet);
	return range && range.last - range.first + 1;
};

/** The next address to lease; undefined if none is free. */
export const nextFreeAddress = (network: Network): string | undefined => {
	const range = rangeOf(network.subnet);
	const useOf = usesOf(network);
	if (!range || !useOf) {
		return undefined;
	}

	for (let address = range.first; address <= range.last; address++) {
		if (useOf(address) === 'free') {
			return addressOf(address);
		}
	}

	return undefined;
};

/** The map of a network's subnet, with its leases below. */
export const addressesLines = (network: Network, {networks}: Pick<Snapshot, 'networks'>, {width}: Pick<Size, 'width'>, theme: Theme): readonly string[] => {
	const range = rangeOf(network.subnet);
	const useOf = usesOf(network);
	if (!range || !useOf) {
		return [theme.paint('bad', fit(`${clean(network.subnet)} is not an IPv4 subnet`, width))];
	}

	const size = range.last - range.first + 1;
	const perCell = Math.max(1, Math.ceil(size / mostCells));
	const cellsPerRow = width >= 82 ? 64 : (width >= 50 ? 32 : 16);
	const leased = network.leases.map(({address}) => numberOf(address));
	const rows: string[] = [];
	for (let start = range.first; start <= range.last; start += cellsPerRow * perCell) {
		let row = theme.paint('dim', fit(addressOf(start), 16));
		for (let cell = 0; cell < cellsPerRow && start + cell * perCell <= range.last; cell++) {
			const first = start + cell * perCell;
			const last = Math.min(range.last, first + perCell - 1);
			// Only the ends and the leases of a larger cell are looked up.
			const addresses = perCell === 1 ? [first] : [first, last, ...leased.filter(address => address >= first && address <= last)];
			const uses = addresses.map(address => useOf(address));
			const {role, glyph} = looks[heaviest(uses)];
			row += theme.paint(role, glyph);
		}

		rows.push(row);
	}

	const other = overlapping(network.subnet, networks.filter(({id}) => id !== network.id));
	return [
		Object.values(looks).map(({role, glyph, title}) => `${theme.paint(role, glyph)} ${title}`).join(' '.repeat(3)),
		'',
		...rows,
		'',
		`${network.leases.length} leased of ${size} addresses${perCell > 1 ? `, ${perCell} in a cell` : ''}; next free: ${nextFreeAddress(network) ?? 'none'}`,
		...(other ? [theme.paint('bad', fit(`It overlaps ${clean(other.subnet)} of ${clean(other.name)}`, width))] : []),
		'',
		...network.leases.toSorted((a, b) => numberOf(a.address) - numberOf(b.address)).map(({address, mac, containerName}) => fit(`${fit(clean(address), 16)} ${fit(clean(mac), 18)} ${clean(containerName)}`, width)),
	];
};
