import type {KeyMap} from '../keys/keys.js';
import {sortKeys} from '../lists/sort-keys.js';

export const containersKeys: KeyMap = [
	{action: 'containers.logs', keys: ['l', 'return'], title: 'Logs of the selected or marked containers', short: 'logs'},
	{action: 'containers.inspect', keys: ['i', 'd'], title: 'Inspect', short: 'inspect'},
	{action: 'containers.shell', keys: ['s', 'e'], title: 'Open a shell', short: 'shell', changes: true},
	{action: 'containers.attach', keys: ['A'], title: 'Attach to the container\'s process', changes: true, notFor: 'builder'},
	{action: 'containers.create', keys: ['c'], title: 'Create a container', short: 'create', changes: true},
	{action: 'containers.start', keys: ['U'], title: 'Start', short: 'start', changes: true},
	{action: 'containers.stop', keys: ['x'], title: 'Stop, with confirmation', short: 'stop', changes: true},
	{action: 'containers.restart', keys: ['R'], title: 'Restart, with confirmation', short: 'restart', changes: true, notFor: 'builder'},
	{action: 'containers.kill', keys: ['K'], title: 'Kill, with confirmation', changes: true, notFor: 'builder'},
	{action: 'containers.pause', keys: ['p'], title: 'Pause/resume', changes: true, notFor: 'builder'},
	{action: 'containers.remove', keys: ['D'], title: 'Remove, with confirmation', short: 'remove', changes: true},
	{action: 'containers.connect', keys: ['C'], title: 'Connect to a network', changes: true, notFor: 'builder'},
	{action: 'containers.disconnect', keys: ['X'], title: 'Disconnect from a network', changes: true, notFor: 'builder'},
	{action: 'containers.prune', keys: ['P'], title: 'Prune stopped containers, with confirmation', changes: true},
	{action: 'containers.pruneCache', keys: ['B'], title: 'Prune the cache of builds, with confirmation', changes: true, needs: 'builder'},
	{action: 'containers.machine', keys: ['M'], title: 'Machine view; of the builder, with the steps of its builds', short: 'machine'},
	{action: 'containers.bootLog', keys: ['b'], title: 'Boot log of the machine', needs: 'machines'},
	{action: 'containers.resolve', keys: ['r'], title: 'Resolve a name on the host and in containers', notFor: 'builder'},
	{action: 'containers.allLogs', keys: ['L'], title: 'Logs of all running containers'},
	{action: 'containers.stopped', keys: ['a'], title: 'Show or hide stopped containers'},
	{action: 'containers.fold', keys: ['-'], title: 'Fold the project; again folds all'},
	{action: 'containers.unfold', keys: ['+', '='], title: 'Unfold the project; again unfolds all'},
	{action: 'containers.copy', keys: ['y'], title: 'Copy the id'},
	...sortKeys('containers'),
];
