import {isIPv4} from 'node:net';
import type {Snapshot} from '../../engine.js';
import {messageOf} from '../../errors.js';
import {parseAddress, parseSubnet} from '../../commands/flags/addresses.js';
import {parseName} from '../../commands/flags/names.js';
import type {FormDefinition, Values} from './form-state.js';

const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

export const addressOf = (number: number): string => [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.');

export type Range = {readonly first: number; readonly last: number; readonly length: number};

/** First and last address of a subnet such as `192.168.64.0/24`, as numbers; undefined for anything else. */
export const rangeOf = (subnet: string): Range | undefined => {
	const [address = '', prefix = ''] = subnet.split('/');
	const length = Number(prefix);
	if (!isIPv4(address) || !/^\d{1,2}$/v.test(prefix) || length > 32) {
		return undefined;
	}

	const size = 2 ** (32 - length);
	const first = Math.floor(numberOf(address) / size) * size;
	return {first, last: first + size - 1, length};
};

export const addressNumber = numberOf;

/** The network whose subnet has addresses in common with this one. */
export const overlapping = (subnet: string, networks: Snapshot['networks']) => {
	const range = rangeOf(subnet);
	return range && networks.find(network => {
		const other = rangeOf(network.subnet);
		return other && range.first <= other.last && other.first <= range.last;
	});
};

/** The next subnet of the pool that no network has addresses of. */
export const nextSubnet = (networks: Snapshot['networks']): string => {
	const free = Array.from({length: 192}, (_, index) => `192.168.${64 + index}.0/24`).find(subnet => !overlapping(subnet, networks));
	return free ?? '';
};

const commandLine = ({name, subnet, gateway, internal}: Values): readonly string[] => [
	'network', 'create',
	...(subnet ? ['--subnet', subnet] : []),
	...(gateway ? ['--gateway', gateway] : []),
	...(internal === 'yes' ? ['--internal'] : []),
	name ?? '',
];

const checks: ReadonlyArray<readonly [field: string, check: (value: string, snapshot: Snapshot, values: Values) => void]> = [
	['name', (value, {networks}) => {
		parseName('network', value);
		if (networks.some(({name}) => name === value)) {
			throw new Error(`there is a network ${value} already`);
		}
	}],
	['subnet', (value, {networks}) => {
		if (value !== '') {
			parseSubnet('the subnet', value);
			const other = overlapping(value, networks);
			if (other) {
				throw new Error(`it overlaps ${other.subnet} of ${other.name}`);
			}
		}
	}],
	['gateway', (value, _, {subnet = ''}) => {
		if (value !== '') {
			parseAddress('the gateway', value);
			const range = rangeOf(subnet);
			if (range && (numberOf(value) <= range.first || numberOf(value) >= range.last)) {
				throw new Error(`it is not an address of ${subnet}`);
			}
		}
	}],
];

/** The form of a new network. */
export const networkForm: FormDefinition = {
	title: 'New network',
	fields: [
		{name: 'name', label: 'Name', hint: 'backend', type: 'text'},
		{name: 'subnet', label: 'Subnet', hint: 'the next free one', type: 'text', complete: (_, {networks}) => [nextSubnet(networks)]},
		{name: 'gateway', label: 'Gateway', hint: 'the subnet\'s first address', type: 'text'},
		{name: 'internal', label: 'Internal', hint: '', type: 'switch'},
	],
	commandLine,
	validate(values, snapshot) {
		const errors: Record<string, string> = {};
		for (const [field, check] of checks) {
			try {
				check(values[field] ?? '', snapshot, values);
			} catch (error) {
				errors[field] = messageOf(error);
			}
		}

		return errors;
	},
	request({name = '', subnet, gateway, internal}) {
		return {
			type: 'network',
			configuration: {name, ...(subnet ? {subnet} : {}), ...(gateway ? {gateway} : {}), internal: internal === 'yes', labels: {}, driver: 'bridge'},
		};
	},
};
