import type {KeyMap} from '../keys/keys.js';
import {sortKeys} from '../lists/sort-keys.js';

export const networksKeys: KeyMap = [
	{action: 'networks.containers', keys: ['return'], title: 'Only its containers in the list of containers; there Esc shows all', short: 'its containers'},
	{action: 'networks.inspect', keys: ['i', 'd'], title: 'Inspect', short: 'inspect'},
	{action: 'networks.addresses', keys: ['m'], title: 'Address map', short: 'map'},
	{action: 'networks.records', keys: ['r'], title: 'DNS records of the network', short: 'records'},
	{action: 'networks.create', keys: ['c', 'n'], title: 'Create a network', short: 'create', changes: true},
	{action: 'networks.connect', keys: ['C'], title: 'Connect a container', short: 'connect', changes: true},
	{action: 'networks.disconnect', keys: ['X'], title: 'Disconnect a container', changes: true},
	{action: 'networks.remove', keys: ['D'], title: 'Remove, with confirmation', short: 'remove', changes: true},
	{action: 'networks.prune', keys: ['P'], title: 'Prune unused networks, with confirmation', changes: true},
	{action: 'networks.copy', keys: ['y'], title: 'Copy the id'},
	...sortKeys('networks'),
];
