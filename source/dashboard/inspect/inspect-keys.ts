import type {KeyMap} from '../keys/keys.js';

export const inspectKeys: KeyMap = [
	{action: 'inspect.up', keys: ['up', 'k'], title: 'Up'},
	{action: 'inspect.down', keys: ['down', 'j'], title: 'Down'},
	{action: 'inspect.pageUp', keys: ['pageup', 'ctrl+b', 'ctrl+u'], title: 'A page up'},
	{action: 'inspect.pageDown', keys: ['pagedown', 'ctrl+f'], title: 'A page down'},
	{action: 'inspect.first', keys: ['g', 'g g', 'home'], title: 'First line'},
	{action: 'inspect.last', keys: ['G', 'end'], title: 'Last line'},
	{action: 'inspect.fold', keys: ['left'], title: 'Fold, or go to the parent', short: 'fold'},
	{action: 'inspect.unfold', keys: ['right'], title: 'Unfold', short: 'unfold'},
	{action: 'inspect.toggle', keys: ['return', 'space'], title: 'Fold or unfold'},
	{action: 'inspect.foldAll', keys: ['-'], title: 'Fold all'},
	{action: 'inspect.unfoldAll', keys: ['+', '='], title: 'Unfold all'},
	{action: 'inspect.search', keys: ['/'], title: 'Search names and values', short: 'search'},
	{action: 'inspect.nextMatch', keys: ['n'], title: 'Next match'},
	{action: 'inspect.previousMatch', keys: ['N'], title: 'Previous match'},
	{action: 'inspect.json', keys: ['J'], title: 'Switch between JSON and tree', short: 'JSON'},
	{action: 'inspect.copy', keys: ['y'], title: 'Copy the value', short: 'copy'},
	{action: 'inspect.copyAll', keys: ['Y'], title: 'Copy all as JSON'},
];
