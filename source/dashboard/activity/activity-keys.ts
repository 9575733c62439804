import type {KeyMap} from '../keys/keys.js';

export const activityKeys: KeyMap = [
	{action: 'activity.up', keys: ['up', 'k'], title: 'Up'},
	{action: 'activity.down', keys: ['down', 'j'], title: 'Down'},
	{action: 'activity.pageUp', keys: ['pageup', 'ctrl+b', 'ctrl+u'], title: 'A page up'},
	{action: 'activity.pageDown', keys: ['pagedown', 'ctrl+f'], title: 'A page down'},
	{action: 'activity.first', keys: ['g', 'g g', 'home'], title: 'First'},
	{action: 'activity.last', keys: ['G', 'end'], title: 'Last'},
	{action: 'activity.repeat', keys: ['return'], title: 'Do it again, with its card or form', short: 'repeat', changes: true},
	{action: 'activity.undo', keys: ['u'], title: 'Undo it', short: 'undo', changes: true},
	{action: 'activity.cancel', keys: ['x', 'ctrl+x'], title: 'Cancel this job', short: 'cancel'},
	{action: 'activity.copy', keys: ['y'], title: 'Copy the command lines', short: 'copy'},
];
