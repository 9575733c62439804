import test from 'ava';
import {configuredKeyMaps, defaultKeyMaps} from '../../../source/dashboard/keys/key-maps.js';
import {actionOf, continuationsOf, describeKey, isKeyName, keyNames, rebind} from '../../../source/dashboard/keys/keys.js';

test('keys have names', t => {
	t.deepEqual(keyNames('', {upArrow: true}), ['up']);
	t.deepEqual(keyNames('', {tab: true, shift: true}), ['shift+tab']);
	t.deepEqual(keyNames('l', {ctrl: true}), ['ctrl+l']);
	t.deepEqual(keyNames(' ', {}), ['space']);
	t.deepEqual(keyNames('jjG', {shift: false}), ['j', 'j', 'G']);
	t.deepEqual(keyNames('x', {meta: true}), ['alt+x']);
	t.deepEqual(keyNames('', {}), []);
});

test('a key that no key press sends has no name', t => {
	t.deepEqual(['j', 'G', 'é', 'space', 'shift+tab', 'ctrl+x', 'ctrl+space', 'ctrl+]', 'alt+x', 'alt+X'].filter(name => !isKeyName(name)), []);
	t.deepEqual(['', ' ', 'jj', 'PgDn', 'Ctrl-X', 'ctrl+X', 'ctrl+i', 'ctrl+', 'alt+', 'f1', 'enter', '\t'].filter(name => isKeyName(name)), []);
});

test('no key has two actions in one place', t => {
	for (const [place, map] of Object.entries(defaultKeyMaps)) {
		const keys = map.flatMap(binding => binding.keys);
		t.deepEqual(keys.filter((key, index) => keys.indexOf(key) !== index), [], place);
	}
});

test('action names are unique', t => {
	const names = Object.values(defaultKeyMaps).flatMap(map => map.map(({action}) => action));
	t.is(new Set(names).size, names.length);
});

test('no destructive action but stop has a lower-case letter, and none has Ctrl-D or Ctrl-K', t => {
	const bindings = Object.values(defaultKeyMaps).flat();
	t.deepEqual(bindings.filter(({keys}) => keys.includes('ctrl+d') || keys.includes('ctrl+k')), []);
	const destructive = bindings.filter(({action}) => /\.(?:remove|kill|prune|disconnect|restart)$/v.test(action));
	t.true(destructive.length > 8);
	t.deepEqual(destructive.filter(({keys}) => keys.some(key => /^[a-z]$/v.test(key))), []);
});

test('configured keys are removed from other actions', t => {
	const map = rebind(defaultKeyMaps.containers, {'containers.remove': ['x']});
	t.is(actionOf('x', [map])?.action, 'containers.remove');
	t.is(actionOf('D', [map]), undefined);
	t.deepEqual(map.find(({action}) => action === 'containers.stop')?.keys, []);
	t.is(actionOf('D', [configuredKeyMaps({}).containers])?.action, 'containers.remove');
});

test('keys configured for drawn. apply to text views', t => {
	const {textView} = configuredKeyMaps({'drawn.up': ['w'], 'textView.down': ['v']});
	t.is(actionOf('w', [textView])?.action, 'textView.up');
	t.is(actionOf('v', [textView])?.action, 'textView.down');
	t.is(actionOf('k', [textView]), undefined);
});

test('the first map with the key decides', t => {
	const maps = configuredKeyMaps({});
	t.is(actionOf('/', [maps.logs, maps.global])?.action, 'logs.search');
	t.is(actionOf('/', [maps.containers, maps.list, maps.global])?.action, 'list.filter');
	t.is(actionOf('q', [maps.logs, maps.global])?.action, 'global.previous');
});

test('keys are displayed in the usual notation', t => {
	t.is(describeKey('ctrl+x'), 'Ctrl-X');
	t.is(describeKey('up'), '↑');
	t.is(describeKey('up', true), 'Up');
	t.is(describeKey('D'), 'D');
	t.is(describeKey('g g'), 'gg');
	t.is(describeKey('ctrl+x ctrl+s'), 'Ctrl-X Ctrl-S');
});

test('a key waits only for sequences with another action', t => {
	const {list, containers, global} = configuredKeyMaps({'global.images': ['g i'], 'containers.prune': ['Z P']});
	t.deepEqual(continuationsOf('g', [list]), []);
	t.is(actionOf('g g', [list])?.action, 'list.first');
	const ways = (keys: string) => continuationsOf(keys, [containers, list, global]).map(({rest, binding}) => `${rest} ${binding.action}`);
	t.deepEqual(ways('g'), ['i global.images']);
	t.deepEqual(ways('Z'), ['P containers.prune', 'Z global.quit']);
	t.deepEqual(ways('g i'), []);
	t.deepEqual(ways('x'), []);
});

test('a configured key also removes sequences that start with it', t => {
	const map = rebind(defaultKeyMaps.list, {'list.mark': ['g']});
	t.is(actionOf('g', [map])?.action, 'list.mark');
	t.is(actionOf('g g', [map]), undefined);
	t.is(actionOf('home', [map])?.action, 'list.first');
});
