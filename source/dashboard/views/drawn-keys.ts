import type {KeyMap} from '../keys/keys.js';

export const drawnKeys: KeyMap = [
	{action: 'drawn.up', keys: ['up', 'k'], title: 'A line up'},
	{action: 'drawn.down', keys: ['down', 'j'], title: 'A line down'},
	{action: 'drawn.pageUp', keys: ['pageup', 'ctrl+b', 'ctrl+u'], title: 'A page up'},
	{action: 'drawn.pageDown', keys: ['pagedown', 'ctrl+f'], title: 'A page down'},
	{action: 'drawn.first', keys: ['g', 'g g', 'home'], title: 'To the top'},
	{action: 'drawn.last', keys: ['G', 'end'], title: 'To the bottom'},
	{action: 'drawn.next', keys: ['right', ']'], title: 'The next network or container', short: 'next'},
	{action: 'drawn.previous', keys: ['left', '['], title: 'The one before', short: 'previous'},
];
