import {setTimeout as sleep} from 'node:timers/promises';
import type {Engine} from '../source/engine/engine.js';
import {nextLook, type Kind} from '../source/backends/apple/polling/plan.js';
import {configuration} from '../test/engine/resources.js';
import {image, openStandIn, openStore, ways} from './apple-site.js';
import type {Measurement} from './measurement.js';

const minuteMs = 60_000;

/** Milliseconds after which what the start of a dashboard has read no longer counts. */
const settleMs = 12_000;

/** Milliseconds between two keys of a user. */
const keyMs = 700;

type Use = {readonly name: string; /** Undefined for nobody. */ readonly idleMs?: number; readonly hasKeys?: boolean};

const uses: readonly Use[] = [
	{name: 'nobody looks'},
	{name: 'dashboard without a key for 60 s', idleMs: minuteMs},
	{name: 'dashboard without a key for 20 s', idleMs: 20_000},
	{name: 'dashboard in use', idleMs: 0, hasKeys: true},
];

const kinds: readonly Kind[] = ['containers', 'networks', 'images', 'volumes', 'stats'];

/** What the plan has at most, a minute. */
const plannedOf = ({idleMs}: Use): number => {
	if (idleMs === undefined) {
		return 0;
	}

	const counts = kinds.map(kind => {
		const {afterMs = Infinity} = nextLook(
			kind,
			[{
				who: 'dashboard', idleMs, shown: [], isRemote: false,
			}],
			{quietMs: minuteMs, tookMs: 0, isDown: false},
		) ?? {};
		// One run of statistics takes two seconds by itself.
		return minuteMs / (kind === 'stats' ? Math.max(afterMs, 2000) : afterMs);
	});
	return counts.reduce((sum, count) => sum + count, 0);
};

const press = async (touch: () => void, signal: AbortSignal) => {
	while (!signal.aborted) {
		touch();
		await sleep(keyMs, undefined, {signal}).catch(() => undefined);
	}
};

/** Opens what looks at an engine, and stops it at the end. */
const lookAt = (engine: Engine, {idleMs, hasKeys = false}: Use): Disposable => {
	if (idleMs === undefined) {
		return {[Symbol.dispose]() {}};
	}

	const clock = {aheadMs: 0};
	const store = openStore(engine, () => (hasKeys ? 0 : clock.aheadMs));
	clock.aheadMs = idleMs;
	const ending = new AbortController();
	store.watchStats();
	if (hasKeys) {
		void press(store.touch, ending.signal);
	}

	return {[Symbol.dispose]() {
		ending.abort();
		store.close();
	}};
};

export const measurement: Measurement = {
	name: 'apple',
	title: 'Runs of Apple\'s program a minute, with two containers (by a stand-in)',
	metrics: [
		{name: 'all', unit: '1/min'},
		{name: 'planned', unit: '1/min'},
		{name: 'containers', unit: '1/min'},
		{name: 'networks, images, volumes', unit: '1/min'},
		{name: 'statistics', unit: '1/min'},
	],
	rounds: 1,
	async open(site) {
		const standIn = await openStandIn(site);
		const engine = await ways[0]!.open(standIn, site.stack);
		for (const name of ['web', 'db']) {
			const {id} = await engine.createContainer(configuration({image, name, command: ['sleep', '100000']}));
			await engine.startContainer(id);
		}

		return {
			subjects: uses.map(use => ({
				name: use.name,
				async read() {
					using _looking = lookAt(engine, use);
					await sleep(settleMs);
					const begin = standIn.ran.length;
					await sleep(minuteMs);
					const ran = standIn.ran.slice(begin);
					const count = (pattern: RegExp) => ran.filter(words => pattern.test(words)).length;
					return [ran.length, plannedOf(use), count(/^ls /v), count(/^(?:network|image|volume) ls/v), count(/^stats/v)];
				},
			})),
			missing: [],
		};
	},
};
