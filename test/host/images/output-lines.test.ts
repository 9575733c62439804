import process from 'node:process';
import test from 'ava';
import {outputLines} from '../../../source/host/images/output-lines.js';

test('thousands of lines at once arrive in order and without a warning', async t => {
	const warnings: Error[] = [];
	const onWarning = (warning: Error) => {
		warnings.push(warning);
	};

	process.on('warning', onWarning);
	t.teardown(() => {
		process.off('warning', onWarning);
	});
	const lines = await Array.fromAsync(outputLines({file: '/usr/bin/seq', arguments: ['20000'], options: {}}));
	t.is(lines.length, 20_000);
	t.true(lines.every(({text}, index) => text === String(index + 1)));
	t.deepEqual(warnings, []);
});
