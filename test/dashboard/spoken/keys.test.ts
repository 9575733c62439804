import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {defaultKeyMaps} from '../../../source/dashboard/keys/key-maps.js';
import type {Binding} from '../../../source/dashboard/keys/keys.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

const escape = '\u{1B}';

/** The bytes of a key by name. */
const bytesOf = (key: string): string => {
	const named: Readonly<Record<string, string>> = {
		space: ' ', tab: '\t', return: '\r', escape, up: `${escape}[A`, down: `${escape}[B`, right: `${escape}[C`, left: `${escape}[D`, pageup: `${escape}[5~`, pagedown: `${escape}[6~`, home: `${escape}[H`, end: `${escape}[F`, 'shift+tab': `${escape}[Z`,
	};
	const control = /^ctrl\+(?<letter>[a-z])$/v.exec(key)?.groups?.letter;
	return control === undefined ? named[key] ?? key : String.fromCodePoint(control.codePointAt(0)! & 0x1F);
};

/** Keys that open each place, with the cursor between two other items if possible. */
const ways = {
	containers: ['1', 'j'], networks: ['2', 'j'], logs: ['3'], inspect: ['1', 'j', 'i', 'j'], images: ['4'], volumes: ['5', 'j'], dns: ['6', 'j'], events: ['7', 'j'],
} as const;

/** Actions that quit or suspend, and those that need something to cancel. */
const isElsewhere = ({action}: Binding) => ['global.quit', 'global.suspend', 'global.cancel', 'global.back', 'global.previous'].includes(action);

/** Keys without an effect in the test's state. */
const idle: Readonly<Record<keyof typeof ways, readonly string[]>> = {
	containers: ['1', 'z'],
	networks: ['down', 'pagedown', 'G', '2', 'z'],
	logs: ['left', 'right', '0', '$', 'G', 'n', 'N', 'return', '3', 'z'],
	inspect: ['left', 'right', 'return', '+', 'n', 'N', 'z'],
	images: ['up', 'pageup', 'g', 'z'],
	volumes: ['z'],
	dns: ['z'],
	events: ['z'],
};

for (const [place, way] of Object.entries(ways) as ReadonlyArray<[keyof typeof ways, readonly string[]]>) {
	test(`every key of ${place} is answered in words`, async t => {
		t.timeout(120_000);
		const unchanged: string[] = [];
		for (const binding of [...defaultKeyMaps[place], ...place === 'logs' || place === 'inspect' ? [] : defaultKeyMaps.list, ...defaultKeyMaps.global].filter(binding => binding.keys.length > 0 && !isElsewhere(binding))) {
			const engine = createMemoryEngine();
			await engine.createNetwork(networkConfiguration('back', {subnet: '10.0.0.0/24'}));
			for (const name of ['one', 'two', 'three']) {
				await engine.createContainer(containerConfiguration({name, command: ['sh', '-c', 'echo a; echo b; echo c; sleep 1000'], networks: [{network: 'back', aliases: []}]}));
				await engine.startContainer(name);
				await engine.createVolume({name});
			}

			await using app = await openApp({engine, isSpoken: true, columns: 200});
			await app.shows('row 1 of 3');
			// The dashboard shows only events after its start.
			await engine.restartContainer('two', {timeoutSeconds: 0});
			for (const key of way) {
				await app.press(bytesOf(key));
				await delay(30);
			}

			if (place === 'logs') {
				await app.shows(/\na\nb\nc/v);
			}

			await delay(150);
			const before = app.lines().join('\n').length;
			for (const key of binding.keys[0]!.split(' ')) {
				await app.press(bytesOf(key));
			}

			const end = Date.now() + 5000;
			while (app.lines().join('\n').length === before && Date.now() < end) {
				await delay(10);
			}

			const answer = app.lines().join('\n').slice(before).trim();
			t.not(answer, '', `${binding.keys[0]} ${binding.action}`);
			t.notRegex(answer, /[\u{2190}-\u{21FF}\u{2500}-\u{25FF}\u{2800}-\u{28FF}]/v);
			if (answer === 'No change') {
				unchanged.push(binding.keys[0]!);
			}

			engine.close();
		}

		t.deepEqual(unchanged, idle[place]);
	});
}
