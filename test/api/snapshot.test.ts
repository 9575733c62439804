import test from 'ava';
import {createDockerEngine} from '../../source/backends/docker/engine.js';
import {HolmError} from '../../source/engine/errors.js';
import {serve} from './helpers/serve.js';

test('what a client looks at reaches the engine, and when to ask again comes back', async t => {
	const asked: unknown[] = [];
	const {socketPath} = await serve(t, {
		async snapshot(options) {
			asked.push(options);
			if (asked.length === 3) {
				throw new HolmError('unavailable', 'the service does not run', {remedy: 'start it', retryAfterMs: 10_000});
			}

			return {readAt: 1, containers: [], networks: [], images: [], volumes: [], stats: {}};
		},
	});
	const engine = createDockerEngine({kind: 'unix', path: socketPath});
	await engine.snapshot({stats: true});
	await engine.snapshot({attention: {shown: ['volumes', 'networks'], idleMs: 61_000.5}});
	const error = await t.throwsAsync(engine.snapshot({attention: {shown: [], idleMs: 0}}), {instanceOf: HolmError});
	t.like(error, {code: 'unavailable', remedy: 'start it', retryAfterMs: 10_000});
	t.deepEqual(asked, [
		{stats: true}, {stats: false, attention: {shown: ['networks', 'volumes'], idleMs: 61_000}}, {stats: false, attention: {shown: [], idleMs: 0}},
	]);
});
