import test from 'ava';
import {createReadiness} from '../../../source/host/builder/readiness.js';

test('each machine is asked until it answers, and then not again', async t => {
	const answers = [false, true, true];
	let asked = 0;
	const wait = createReadiness({
		async ping() {
			asked++;
			if (!answers.shift()) {
				throw new Error('socket hang up');
			}
		},
		limitMs: 10_000,
		intervalMs: 0,
	});
	const first = {};
	await wait(() => first);
	await wait(() => first);
	t.is(asked, 2);
	const second = {};
	await wait(() => second);
	t.is(asked, 3);
});

test('a machine that ends is not waited for, nor one that stays silent', async t => {
	const wait = createReadiness({
		async ping() {
			throw new Error('socket hang up');
		},
		limitMs: 20,
		intervalMs: 1,
	});
	await t.throwsAsync(wait(() => {
		throw new Error('it ended');
	}), {message: 'it ended'});
	await t.throwsAsync(wait(() => wait), {message: /did not answer within 0\.02 seconds/v});
});
