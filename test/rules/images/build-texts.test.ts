import test from 'ava';
import {
	conclusionOf,
	execForm,
	failedCommand,
} from '../../../source/rules/images/build-texts.js';

test('a build ends as Docker\'s classic builder does', t => {
	t.deepEqual(conclusionOf(`sha256:${'ab'.repeat(32)}`, ['docker.io/library/app:latest', 'localhost:5000/app:2']), [
		{imageId: `sha256:${'ab'.repeat(32)}`},
		{text: 'Successfully built abababababab\n'},
		{text: 'Successfully tagged app:latest\n'},
		{text: 'Successfully tagged localhost:5000/app:2\n'},
	]);
});

test('a failed command is named with its shell', t => {
	t.is(failedCommand('exit 3', 3), 'The command \'/bin/sh -c exit 3\' returned a non-zero code: 3');
	t.is(failedCommand('["/bin/false", "x"]', 1), 'The command \'/bin/false x\' returned a non-zero code: 1');
	t.is(failedCommand('--mount=type=cache,target=/x --network=none [ -e /y ]', 1, ['/bin/bash', '-ec']), 'The command \'/bin/bash -ec [ -e /y ]\' returned a non-zero code: 1');
});

test('the exec form of an instruction', t => {
	t.deepEqual(execForm('["a", "b c"]'), ['a', 'b c']);
	t.is(execForm('[not json'), undefined);
	t.is(execForm('["a", 1]'), undefined);
	t.is(execForm('"a"'), undefined);
});
