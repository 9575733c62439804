import {setImmediate as turn} from 'node:timers/promises';
import test from 'ava';
import {stepsOf} from '../../../source/host/setup/steps.js';

test('steps come in order, including those reported before reading began', async t => {
	const steps = stepsOf(async tell => {
		tell({step: 'one', detail: 'a'});
		tell({step: 'one', detail: 'b'});
		await turn();
		tell({step: 'two', detail: 'c'});
	});
	t.deepEqual(await Array.fromAsync(steps, ({detail}) => detail), ['a', 'b', 'c']);
});

test('a failure comes after the steps before it', async t => {
	const heard: string[] = [];
	await t.throwsAsync(async () => {
		for await (const {step} of stepsOf(async tell => {
			tell({step: 'one', detail: ''});
			throw new Error('broken');
		})) {
			heard.push(step);
		}
	}, {message: 'broken'});
	t.deepEqual(heard, ['one']);
});

test('the work continues if reading stops', async t => {
	const {promise, resolve} = Promise.withResolvers<string>();
	for await (const {step} of stepsOf(async tell => {
		tell({step: 'one', detail: ''});
		await turn();
		tell({step: 'two', detail: ''});
		resolve('done');
	})) {
		t.is(step, 'one');
		break;
	}

	t.is(await promise, 'done');
});
