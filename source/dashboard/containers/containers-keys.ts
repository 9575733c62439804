import type {KeyMap} from '../keys/keys.js';

export const containersKeys: KeyMap = [
	{action: 'containers.logs', keys: ['l', 'return'], title: 'Logs of this one, or of the marked ones together', short: 'logs'},
	{action: 'containers.inspect', keys: ['i', 'd'], title: 'Inspect', short: 'inspect'},
	{action: 'containers.shell', keys: ['s', 'e'], title: 'Shell in it', short: 'shell', changes: true},
	{action: 'containers.attach', keys: ['A'], title: 'Attach to its process (Ctrl-P Ctrl-Q leaves)', changes: true},
	{action: 'containers.create', keys: ['c'], title: 'Create a container', short: 'create', changes: true},
	{action: 'containers.start', keys: ['U'], title: 'Start', short: 'start', changes: true},
	{action: 'containers.stop', keys: ['x'], title: 'Stop, after asking', short: 'stop', changes: true},
	{action: 'containers.restart', keys: ['R'], title: 'Restart, after asking', short: 'restart', changes: true},
	{action: 'containers.kill', keys: ['K'], title: 'Kill, after asking', changes: true},
	{action: 'containers.pause', keys: ['p'], title: 'Pause or go on', changes: true},
	{action: 'containers.remove', keys: ['D'], title: 'Remove, after asking', short: 'remove', changes: true},
	{action: 'containers.connect', keys: ['C'], title: 'Connect to a network', changes: true},
	{action: 'containers.disconnect', keys: ['X'], title: 'Disconnect from a network', changes: true},
	{action: 'containers.prune', keys: ['P'], title: 'Remove all that do not run, after asking', changes: true},
	{action: 'containers.machine', keys: ['M'], title: 'Its machine', short: 'machine'},
	{action: 'containers.bootLog', keys: ['b'], title: 'Boot log of its machine: what the kernel printed', needs: 'machines'},
	{action: 'containers.resolve', keys: ['r'], title: 'Resolve a name from it and from the host'},
	{action: 'containers.allLogs', keys: ['L'], title: 'Logs of all running ones together'},
	{action: 'containers.stopped', keys: ['a'], title: 'Show or hide those that have ended'},
	{action: 'containers.copy', keys: ['y'], title: 'Copy the id'},
];
