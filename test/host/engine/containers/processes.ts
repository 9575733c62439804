import type {World} from '../world.js';

/** The first process of a container: streams, exit status, signals. */
export const processTests = (world: World): void => {
	world.test('run: output, errors, input and exit code are those of the process', async t => {
		const input = `${'0123456789abcdef'.repeat(4096)}\na last line without its end`;
		const {status, stdout, stderr} = await world.run(['run', '--rm', '-i', 'box', 'sh', '-c', 'echo out; cat; echo err >&2; exit 7'], {input});
		t.deepEqual({status, stderr}, {status: 7, stderr: 'err\n'});
		t.true(stdout === `out\n${input}`, `${stdout.length} of ${input.length + 4} bytes`);
		t.deepEqual(await world.engine.containers({all: true}), [], 'it is removed');
	});

	world.test('run: a command that cannot run has the exit code of a shell, and its container stays', async t => {
		const missing = await world.run(['run', '--name', 'missing', 'box', 'no-such-program']);
		t.like(missing, {status: 127, stdout: ''});
		t.regex(missing.stderr, /^Error: .*"no-such-program": executable file not found in \$PATH.*\n$/v);
		const text = await world.run(['run', '--rm', 'box', '/not-executable']);
		t.is(text.status, 126);
		t.regex(text.stderr, /^error: .*permission denied.*\n$/iv);
		const directory = await world.run(['run', '--rm', '-w', '/etc/passwd', 'box', 'true']);
		t.is(directory.status, 125, 'a file is no working directory');
		t.regex(directory.stderr, /^error: .*not a directory.*\n$/iv);
		t.deepEqual(await world.engine.containers({all: true}), [], 'a start that fails leaves nothing');
	});

	world.test('run: signals reach the process, by the command and by kill', async t => {
		const script = 'trap "echo usr1" USR1; trap "echo term; exit 9" TERM; echo ready; while :; do sleep 0.05; done';
		const running = world.launch(['run', '--name', 'signals', 'box', 'sh', '-c', script]);
		await running.shows(/ready\n/v);
		await world.holm('kill', '-s', 'USR1', 'signals');
		await running.shows(/usr1\n/v);
		running.kill('SIGTERM');
		t.like(await running.ended, {status: 9, stdout: 'ready\nusr1\nterm\n'});
		t.like((await world.engine.container('signals')).lastExit, {exitCode: 9, cause: {kind: 'request', verb: 'kill', signal: 15}});
		await world.holm('rm', 'signals');

		const deaf = world.launch(['run', '--rm', '--name', 'deaf', 'box', 'sh', '-c', 'trap "echo told" INT; echo ready; while :; do sleep 0.05; done']);
		await deaf.shows(/ready\n/v);
		for (let count = 1; count <= 3; count++) {
			deaf.kill('SIGINT');
			if (count < 3) {
				await world.until(() => deaf.stdout().split('told').length > count, Boolean);
			}
		}

		const {status, stderr} = await deaf.ended;
		t.is(status, 125);
		t.regex(stderr, /^Error: the container was told to end three times and goes on: [\da-f]{12} \(holm stop [\da-f]{12} ends it\)\n$/v);
		t.is((await world.engine.container('deaf')).status.state, 'running');
		await world.remove('deaf');
	});

	world.test('run -i: a line at a time, and its end', async t => {
		const running = world.launch(['run', '--rm', '-i', 'box', 'sh', '-c', 'while read line; do echo "got $line"; done; echo over'], {open: true});
		running.write('one\n');
		await running.shows(/got one\n/v);
		running.write('two\n');
		await running.shows(/got two\n/v);
		running.end();
		t.like(await running.ended, {status: 0, stdout: 'got one\ngot two\nover\n'});
	});

	world.test('attach: several clients, input and the exit code', async t => {
		await world.holm('run', '-d', '-i', '--name', 'listener', 'box', 'sh', '-c', 'while read line; do echo "got $line"; done; exit 4');
		const watcher = world.launch(['attach', '--no-stdin', 'listener']);
		const speaker = world.launch(['attach', 'listener'], {open: true});
		// Repeats the line until both clients are attached and see it.
		await world.until(() => {
			speaker.write('word\n');
			return watcher.stdout().includes('got word') && speaker.stdout().includes('got word');
		}, isSeen => isSeen);
		speaker.end();
		const [one, other] = await Promise.all([watcher.ended, speaker.ended]);
		t.deepEqual([one.status, other.status], [4, 4]);
		t.regex((await world.run(['attach', 'listener'])).stderr, /^Error: .*listener.*\n$/v);
		const again = await world.run(['start', '-a', '-i', 'listener'], {input: 'second\n'});
		t.like(again, {status: 4, stdout: 'got second\n'});
		await world.holm('rm', 'listener');
	});
};
