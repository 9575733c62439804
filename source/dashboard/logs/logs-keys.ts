import type {KeyMap} from '../keys.js';

export const logsKeys: KeyMap = [
	{action: 'logs.up', keys: ['up', 'k'], title: 'Up, and pause'},
	{action: 'logs.down', keys: ['down', 'j'], title: 'Down'},
	{action: 'logs.pageUp', keys: ['pageup', 'ctrl+b', 'ctrl+u', 'b'], title: 'A page up'},
	{action: 'logs.pageDown', keys: ['pagedown', 'ctrl+f'], title: 'A page down'},
	{action: 'logs.left', keys: ['left', 'h'], title: 'Towards the beginning of the lines'},
	{action: 'logs.right', keys: ['right', 'l'], title: 'Towards the end of the lines'},
	{action: 'logs.first', keys: ['g', 'g g', 'home'], title: 'Oldest line in memory'},
	{action: 'logs.follow', keys: ['G', 'end', 'F'], title: 'Newest line, and follow', short: 'follow'},
	{action: 'logs.togglePause', keys: ['space'], title: 'Pause and follow', short: 'pause'},
	{action: 'logs.search', keys: ['/'], title: 'Search: a regular expression', short: 'search'},
	{action: 'logs.nextMatch', keys: ['n'], title: 'Next match'},
	{action: 'logs.previousMatch', keys: ['N'], title: 'Previous match'},
	{action: 'logs.filter', keys: ['&', 'f'], title: 'Show only lines that match; ! in front inverts', short: 'filter'},
	{action: 'logs.toContext', keys: ['return'], title: 'From a filtered line to what was around it'},
	{action: 'logs.wrap', keys: ['w'], title: 'Wrap long lines', short: 'wrap'},
	{action: 'logs.timestamps', keys: ['t'], title: 'Timestamps', short: 'times'},
	{action: 'logs.since', keys: ['s'], title: 'How far back', short: 'since'},
	{action: 'logs.older', keys: ['o'], title: 'Load older lines', short: 'older'},
	{action: 'logs.save', keys: ['ctrl+s'], title: 'Save the whole log to a file', short: 'save'},
	{action: 'logs.copy', keys: ['y'], title: 'Copy the line'},
];
