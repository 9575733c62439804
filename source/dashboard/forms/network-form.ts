import {parseAddress, parseSubnet} from '../../flags/addresses.js';
import {parseName} from '../../flags/names.js';
import {nextSubnet, numberOf, overlapping, rangeOf} from '../state/subnets.js';
import {errorsOf, type Checks} from './checks.js';
import type {FormDefinition, Values} from './form-state.js';

const commandLine = ({name, subnet, gateway, internal}: Values): readonly string[] => [
	'network',
	'create',
	...(subnet ? ['--subnet', subnet] : []),
	...(gateway ? ['--gateway', gateway] : []),
	...(internal === 'yes' ? ['--internal'] : []),
	name ?? '',
];

const checks: Checks = [
	['name', (value, {networks}) => {
		parseName('network', value);
		if (networks.some(({name}) => name === value)) {
			throw new Error(`a network ${value} exists already`);
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
		{name: 'subnet', label: 'Subnet', hint: 'the next free one', type: 'text', choices: ({networks}) => [nextSubnet(networks)].filter(Boolean)},
		{name: 'gateway', label: 'Gateway', hint: 'the subnet\'s first address', type: 'text'},
		{name: 'internal', label: 'Internal', hint: '', type: 'switch'},
	],
	commandLine,
	validate: (values, snapshot) => errorsOf(checks, values, snapshot),
	request({name = '', subnet, gateway, internal}) {
		return {
			type: 'network',
			configuration: {name, ...(subnet && {subnet}), ...(gateway && {gateway}), internal: internal === 'yes', labels: {}, driver: 'bridge'},
		};
	},
};
