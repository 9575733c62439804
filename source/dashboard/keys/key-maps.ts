import {activityKeys} from '../activity/activity-keys.js';
import {containersKeys} from '../containers/containers-keys.js';
import {inspectKeys} from '../inspect/inspect-keys.js';
import {logsKeys} from '../logs/logs-keys.js';
import {lastResult} from '../state/memo.js';
import {networksKeys} from '../networks/networks-keys.js';
import {dnsKeys, eventsKeys, imagesKeys, textViewKeys, volumesKeys} from '../views/view-keys.js';
import {rebind, type KeyMap} from './keys.js';

const globalKeys: KeyMap = [
	{action: 'global.help', keys: ['?'], title: 'Help', short: 'help'},
	{action: 'global.jump', keys: [':', 'ctrl+p'], title: 'Jump to anything, or run any action, by a few letters', short: 'jump'},
	{action: 'global.nextPane', keys: ['tab'], title: 'Next pane'},
	{action: 'global.previousPane', keys: ['shift+tab'], title: 'Previous pane'},
	{action: 'global.containers', keys: ['1'], title: 'Containers'},
	{action: 'global.networks', keys: ['2'], title: 'Networks'},
	{action: 'global.logs', keys: ['3'], title: 'Logs'},
	{action: 'global.images', keys: ['4'], title: 'Images'},
	{action: 'global.volumes', keys: ['5'], title: 'Volumes'},
	{action: 'global.dns', keys: ['6'], title: 'DNS records'},
	{action: 'global.events', keys: ['7'], title: 'Events'},
	{action: 'global.topology', keys: ['8'], title: 'Topology'},
	{action: 'global.machine', keys: ['9'], title: 'Machine'},
	{action: 'global.activity', keys: ['W', '0'], title: 'Activity: running jobs, and what was done from here', short: 'activity'},
	{action: 'global.engines', keys: ['E'], title: 'Switch engine: this host\'s, a Docker context, an address', short: 'engine'},
	{action: 'global.zoom', keys: ['z'], title: 'Zoom this pane', short: 'zoom'},
	{action: 'global.undo', keys: ['u'], title: 'Recreate what was removed last, without data', changes: true},
	{action: 'global.cancel', keys: ['ctrl+x'], title: 'Cancel the running job', short: 'cancel'},
	{action: 'global.redraw', keys: ['ctrl+l'], title: 'Redraw the screen'},
	{action: 'global.suspend', keys: ['ctrl+z'], title: 'Suspend; fg returns'},
	{action: 'global.back', keys: ['escape'], title: 'Undo one thing: search, filter, marks; then the previous place'},
	{action: 'global.previous', keys: ['q'], title: 'The previous place; on the first screen, quit'},
	{action: 'global.quit', keys: ['Z Z', 'ctrl+c'], title: 'Quit'},
];

const listKeys: KeyMap = [
	{action: 'list.up', keys: ['up', 'k'], title: 'Up'},
	{action: 'list.down', keys: ['down', 'j'], title: 'Down'},
	{action: 'list.pageUp', keys: ['pageup', 'ctrl+b', 'ctrl+u'], title: 'A page up'},
	{action: 'list.pageDown', keys: ['pagedown', 'ctrl+f'], title: 'A page down'},
	{action: 'list.first', keys: ['g', 'g g', 'home'], title: 'First'},
	{action: 'list.last', keys: ['G', 'end'], title: 'Last'},
	{action: 'list.mark', keys: ['space'], title: 'Mark', short: 'mark'},
	{action: 'list.markAll', keys: ['*'], title: 'Mark all'},
	{action: 'list.filter', keys: ['/'], title: 'Filter by text, or by `image:`, `port:`, `label:` and so on', short: 'filter'},
	{action: 'list.sort', keys: ['S S'], title: 'Sort by the next column, and at last in the engine\'s order', short: 'sort', follow: 'next column'},
	{action: 'list.unsort', keys: ['S 0'], title: 'The engine\'s order', follow: 'engine\'s order'},
];

const dialogKeys: KeyMap = [
	{action: 'dialog.up', keys: ['up', 'k'], title: 'Up'},
	{action: 'dialog.down', keys: ['down', 'j'], title: 'Down'},
	{action: 'dialog.other', keys: ['left', 'right', 'h', 'l', 'tab', 'shift+tab'], title: 'Switch button'},
	{action: 'dialog.pageUp', keys: ['pageup'], title: 'A page up'},
	{action: 'dialog.pageDown', keys: ['pagedown', 'space'], title: 'A page down'},
	{action: 'dialog.first', keys: ['g', 'g g', 'home'], title: 'First line'},
	{action: 'dialog.last', keys: ['G', 'end'], title: 'Last line'},
	{action: 'dialog.accept', keys: ['return'], title: 'Accept'},
	{action: 'dialog.yes', keys: ['y'], title: 'Yes'},
	{action: 'dialog.close', keys: ['escape', 'q', 'ctrl+c', 'n'], title: 'Close'},
];

/** The default key maps by place. */
export const defaultKeyMaps = {
	global: globalKeys,
	list: listKeys,
	textView: textViewKeys,
	containers: containersKeys,
	networks: networksKeys,
	logs: logsKeys,
	inspect: inspectKeys,
	images: imagesKeys,
	volumes: volumesKeys,
	dns: dnsKeys,
	events: eventsKeys,
	activity: activityKeys,
	dialog: dialogKeys,
} as const satisfies Record<string, KeyMap>;

export type KeyMaps = Readonly<Record<keyof typeof defaultKeyMaps, KeyMap>>;

/** The key maps without the actions that need what the engine lacks. */
export const withoutMissing = lastResult((keyMaps: KeyMaps, hasMachines: boolean, hasBuilder: boolean): KeyMaps =>
	Object.fromEntries(Object.entries(keyMaps).map(([place, map]) => {
		const available = map.filter(({needs}) => !((needs === 'machines' && !hasMachines) || (needs === 'builder' && !hasBuilder)));
		return [place, available.length === map.length ? map : available];
	})) as KeyMaps);

// Names in older configurations.
const renamed: Readonly<Record<string, string>> = {'global.palette': 'global.jump'};

const currentName = (action: string): string => Object.hasOwn(renamed, action) ? renamed[action]! : action.replace(/^drawn\./v, 'textView.');

/** Whether the configuration can give keys to an action of this name. */
export const isAction = (name: string): boolean =>
	Object.values(defaultKeyMaps).some(map => map.some(({action}) => action === currentName(name)));

/** The default key maps with the keys of the configuration. */
export const configuredKeyMaps = (keys: Readonly<Record<string, readonly string[]>>): KeyMaps => {
	const byAction = Object.fromEntries(Object.entries(keys).map(([action, sequences]) => [currentName(action), sequences]));
	return Object.fromEntries(Object.entries(defaultKeyMaps).map(([place, map]) => [place, rebind(map, byAction)])) as KeyMaps;
};

/** The maps that are active together, the one that takes precedence first. */
const together = (maps: KeyMaps): ReadonlyArray<readonly [place: string, maps: readonly KeyMap[]]> => [
	...(['containers', 'networks', 'images', 'volumes', 'dns', 'events'] as const).map(place => [place, [maps[place], maps.list, maps.global]] as const),
	['logs', [maps.logs, maps.global]],
	['inspect', [maps.inspect, maps.global]],
	['machine', [maps.containers, maps.textView, maps.global]],
	['topology', [maps.networks, maps.textView, maps.global]],
	['dialogs', [maps.dialog]],
];

/** Warnings of configured keys that have two actions in one place. */
export const keyConflicts = (keys: Readonly<Record<string, readonly string[]>>): readonly string[] => {
	const configured = new Set(Object.keys(keys).map(action => currentName(action)));
	const places = new Map<string, string[]>();
	for (const [place, maps] of together(configuredKeyMaps(keys))) {
		const owners = new Map<string, string>();
		for (const {action, keys: own} of maps.flat()) {
			for (const key of own) {
				const owner = owners.get(key) ?? action;
				owners.set(key, owner);
				if (owner !== action && (configured.has(owner) || configured.has(action))) {
					const conflict = `the key ${key} has two actions: ${owner} takes precedence over ${action}`;
					places.set(conflict, [...places.get(conflict) ?? [], place]);
				}
			}
		}
	}

	return [...places].map(([conflict, where]) => `${conflict} in ${where.join(', ')}`);
};
