import type {KeyMap} from '../keys/keys.js';

export const drawnKeys: KeyMap = [
	{action: 'drawn.up', keys: ['up', 'k'], title: 'A line up'},
	{action: 'drawn.down', keys: ['down', 'j'], title: 'A line down'},
	{action: 'drawn.pageUp', keys: ['pageup', 'ctrl+b', 'ctrl+u'], title: 'A page up'},
	{action: 'drawn.pageDown', keys: ['pagedown', 'ctrl+f'], title: 'A page down'},
	{action: 'drawn.first', keys: ['g', 'g g', 'home'], title: 'First line'},
	{action: 'drawn.last', keys: ['G', 'end'], title: 'Last line'},
	{action: 'drawn.next', keys: ['right', ']'], title: 'Next network or container', short: 'next'},
	{action: 'drawn.previous', keys: ['left', '['], title: 'Previous network or container', short: 'previous'},
];
