import type {KeyMap} from '../keys/keys.js';
import {sortKeys} from '../lists/sort-keys.js';

export const imagesKeys: KeyMap = [
	{action: 'images.inspect', keys: ['i', 'd', 'return'], title: 'Inspect', short: 'inspect'},
	{action: 'images.create', keys: ['c'], title: 'Pull or build an image, or create a container from this one', short: 'create', changes: true},
	{action: 'images.run', keys: ['n'], title: 'Create a container from this image', short: 'new container', changes: true},
	{action: 'images.pull', keys: ['p'], title: 'Pull an image', short: 'pull', changes: true},
	{action: 'images.build', keys: ['b'], title: 'Build an image from a directory', short: 'build', changes: true},
	{action: 'images.remove', keys: ['D'], title: 'Remove, with confirmation', short: 'remove', changes: true},
	{action: 'images.prune', keys: ['P'], title: 'Prune untagged images, with confirmation', changes: true},
	{action: 'images.copy', keys: ['y'], title: 'Copy the id'},
	...sortKeys('images'),
];

export const volumesKeys: KeyMap = [
	{action: 'volumes.inspect', keys: ['i', 'd', 'return'], title: 'Inspect', short: 'inspect'},
	{action: 'volumes.create', keys: ['c', 'n'], title: 'Create a volume', short: 'create', changes: true},
	{action: 'volumes.remove', keys: ['D'], title: 'Remove, with confirmation', short: 'remove', changes: true},
	{action: 'volumes.prune', keys: ['P'], title: 'Prune unused volumes, with confirmation', changes: true},
	{action: 'volumes.copy', keys: ['y'], title: 'Copy the name'},
	...sortKeys('volumes'),
];

export const dnsKeys: KeyMap = [
	{action: 'dns.resolve', keys: ['r', 'return'], title: 'Resolve the name on the host and in containers', short: 'resolve'},
	{action: 'dns.copy', keys: ['y'], title: 'Copy the value'},
	...sortKeys('dns'),
];

export const eventsKeys: KeyMap = [
	{action: 'events.goTo', keys: ['return'], title: 'Of an end: why it ended; of others: go to what it is about', short: 'open'},
];

export const textViewKeys: KeyMap = [
	{action: 'textView.up', keys: ['up', 'k'], title: 'A line up'},
	{action: 'textView.down', keys: ['down', 'j'], title: 'A line down'},
	{action: 'textView.pageUp', keys: ['pageup', 'ctrl+b', 'ctrl+u'], title: 'A page up'},
	{action: 'textView.pageDown', keys: ['pagedown', 'ctrl+f'], title: 'A page down'},
	{action: 'textView.first', keys: ['g', 'g g', 'home'], title: 'First line'},
	{action: 'textView.last', keys: ['G', 'end'], title: 'Last line'},
	{action: 'textView.next', keys: ['right', ']'], title: 'Next network or container', short: 'next'},
	{action: 'textView.previous', keys: ['left', '['], title: 'Previous network or container', short: 'previous'},
];
