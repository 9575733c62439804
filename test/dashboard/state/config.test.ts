import {mkdtemp, mkdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import type {HolmError} from '../../../source/engine/errors.js';
import {defaultKeyMaps, keyConflicts} from '../../../source/dashboard/keys/key-maps.js';
import {configurationPath, defaultConfiguration, parseConfiguration, readConfiguration} from '../../../source/dashboard/state/config.js';

test('the file is where XDG has it, and a relative XDG_CONFIG_HOME is ignored', t => {
	t.is(configurationPath({XDG_CONFIG_HOME: '/x', HOME: '/home/me'}), '/x/holm/config.json');
	t.is(configurationPath({XDG_CONFIG_HOME: 'x', HOME: '/home/me'}), '/home/me/.config/holm/config.json');
});

test('missing entries have defaults', t => {
	t.deepEqual(parseConfiguration('{"theme": "light", "keys": {"global.quit": ["Q"]}}', 'f'), {...defaultConfiguration, theme: 'light', keys: {'global.quit': ['Q']}});
});

test('an invalid file is refused with its name and the reason', t => {
	for (const [text, reason] of [
		['{', /^f is not JSON/v],
		['[]', /^f is not a JSON object/v],
		['{"colour": 1}', /unknown entry "colour"/v],
		['{"__proto__": {}, "toString": 1}', /unknown entry/v],
		['{"theme": "pink"}', /"theme" of f is wrong/v],
		['{"refreshInterval": 1}', /"refreshInterval" of f is wrong/v],
		['{"keys": {"global.quit": "Q"}}', /"keys" of f is wrong/v],
		['{"keys": {"global.quit": ["Z  Z"]}}', /"keys" of f is wrong/v],
		['{"keys": {"global.quit": [" "]}}', /"keys" of f is wrong/v],
		['{"keys": {"list.dwn": ["j"]}}', /"keys" of f has an unknown action "list\.dwn"/v],
		['{"keys": {"constructor": ["j"]}}', /unknown action "constructor"/v],
		['{"keys": {"list.down": ["j", "PgDn"]}}', /"list\.down" in "keys" of f has an unknown key "PgDn"/v],
		['{"keys": {"global.images": ["g Ctrl-I"]}}', /unknown key "Ctrl-I"/v],
	] as const) {
		t.throws(() => parseConfiguration(text, 'f'), {message: reason, code: 'invalid'} as never, text);
	}
});

const remedyOf = (keys: Readonly<Record<string, readonly string[]>>): string | undefined => {
	try {
		parseConfiguration(JSON.stringify({keys}), 'f');
		return undefined;
	} catch (error) {
		return (error as HolmError).remedy;
	}
};

test('the remedy for a wrong name in keys says what is possible', t => {
	t.regex(remedyOf({'list.dwn': ['j']})!, /^did you mean list\.down\? known are list\.up, list\.down, /v);
	t.regex(remedyOf({'lists.down': ['j']})!, /^did you mean list\.down\? known are global\.…, list\.…, .*docs\/dashboard\.md/v);
	t.regex(remedyOf({'list.down': ['PgDn']})!, /character, up, down, .*pagedown, .*ctrl\+x/v);
});

test('the nearest key is named, and what cancels a sequence cannot end it', t => {
	for (const [given, key] of [['PgDn', 'pagedown'], ['Ctrl-X', 'ctrl+x'], ['ctrl+i', 'tab'], ['enter', 'return'], ['esape', 'escape']] as const) {
		t.true(remedyOf({'list.down': [given]})?.startsWith(`did you mean ${key}? `), given);
	}

	t.is(remedyOf({'list.down': ['g escape']}), 'end the sequence with another key');
	t.throws(() => parseConfiguration('{"thme": "dark"}', 'f'), {message: /unknown entry/v});
});

test('two actions on one key in one place are a warning, once for all places', t => {
	t.deepEqual(keyConflicts({}), []);
	t.deepEqual(keyConflicts({'containers.stop': ['w']}), []);
	t.deepEqual(keyConflicts({'containers.stop': ['w'], 'containers.kill': ['w']}), ['the key w has two actions: containers.stop takes precedence over containers.kill in containers, machine']);
	t.deepEqual(keyConflicts({'containers.stop': ['q']}), ['the key q has two actions: containers.stop takes precedence over global.previous in containers, machine']);
});

test('all actions and default keys are possible in the file, and older names of actions', t => {
	for (const {action, keys} of Object.values(defaultKeyMaps).flat()) {
		t.is(remedyOf({[action]: keys}), undefined, action);
	}

	t.is(remedyOf({'drawn.pageDown': ['shift+tab', 'ctrl+space', 'alt+ö', 'alt+space', 'delete']}), undefined);
	t.is(typeof remedyOf({'drawn.mark': ['m']}), 'string');
});

test('without a file the defaults apply, and an unreadable one is an error', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-config-'));
	try {
		t.deepEqual(await readConfiguration({XDG_CONFIG_HOME: directory}), defaultConfiguration);
		await mkdir(path.join(directory, 'holm'));
		await writeFile(path.join(directory, 'holm', 'config.json'), '{"ascii": true}');
		t.true((await readConfiguration({XDG_CONFIG_HOME: directory})).ascii);
		await writeFile(path.join(directory, 'holm', 'config.json'), 'x');
		await t.throwsAsync(readConfiguration({XDG_CONFIG_HOME: directory}), {message: /not JSON/v});
	} finally {
		await rm(directory, {recursive: true});
	}
});
