import type {World} from '../world.js';

const interrupt = '\u{3}';
const detach = '\u{10}\u{11}';

/** Real terminals: `run -it`, `attach`, `exec -it`. */
export const terminalTests = (world: World): void => {
	world.test('-it is a terminal: its size, keys, detaching and coming back', async t => {
		const session = world.terminal(['run', '-it', '--name', 'shell', 'box', 'sh'], {rows: 33, columns: 101});
		await session.shows(/# /v);
		session.write('stty size; tty\r');
		await session.shows(/33 101\r\n\/dev\/pts\/0/v);
		await session.resize({rows: 20, columns: 70});
		session.write('until [ "$(stty size)" = "20 70" ]; do sleep 0.1; done; echo the size is new\r');
		await session.shows(/\r\nthe size is new\r\n/v);
		// The command goes on after the key: a shell that gets the terminal back turns the echo off, which may be before the kernel has echoed the key.
		session.write('sh -c \'trap "echo heard; read line; exit 130" INT; sleep 600\'\r');
		// The key must arrive once the shell has started the command.
		await world.until(async () => world.engine.top('shell'), ({processes}) => processes.some(fields => fields.includes('sleep 600')));
		session.write(interrupt);
		await session.shows(/\^C/v);
		await session.shows(/heard\r\n/v);
		session.write('\r');
		await session.shows(/heard\r\n(?:\^C)?\r\n[^\n]*# [^\n]*$/v);
		session.write('echo status $?\r');
		await session.shows(/status 130\r\n/v);
		session.write(detach);
		t.is((await session.ended).status, 0);
		t.is((await world.engine.container('shell')).status.state, 'running');

		const again = world.terminal(['attach', 'shell'], {rows: 41, columns: 90});
		again.write('until [ "$(stty size)" = "41 90" ]; do sleep 0.1; done; echo back again\r');
		await again.shows(/\r\nback again\r\n/v);
		again.write('exit 6\r');
		t.is((await again.ended).status, 6);
		t.like((await world.engine.container('shell')).status, {state: 'exited', exitCode: 6});
		await world.holm('rm', 'shell');
	});

	world.test('exec -it has a terminal of its own', async t => {
		await world.holm('run', '-d', '--name', 'host', 'box', 'sleep', '600');
		const session = world.terminal(['exec', '-it', 'host', 'sh'], {rows: 30, columns: 99});
		await session.shows(/# /v);
		session.write('echo "$(stty size)" $TERM\r');
		await session.shows(/30 99 xterm\r\n/v);
		await session.resize({rows: 22, columns: 66});
		session.write('until [ "$(stty size)" = "22 66" ]; do sleep 0.1; done; echo the size is new\r');
		await session.shows(/\r\nthe size is new\r\n/v);
		// Input typed before `cat` runs would go to the shell.
		session.write('echo go; cat\r');
		await session.shows(/\r\ngo\r\n/v);
		session.write('said twice\r');
		await session.shows(/said twice\r\nsaid twice\r\n/v);
		session.write(interrupt);
		await session.shows(/\^C\r\n[^\n]*# [^\n]*$/v);
		session.write('echo status $?; exit 8\r');
		await session.shows(/status 130\r\n/v);
		t.is((await session.ended).status, 8);

		const left = world.terminal(['exec', '-it', 'host', 'sh', '-c', 'echo here; sleep 601']);
		await left.shows(/here/v);
		left.write(detach);
		t.is((await left.ended).status, 0);
		t.regex(await world.holm('top', 'host'), /sleep 601/v, 'it keeps running');
	});

	world.test('exec -it: the whole output of a command, and the reason if it cannot run', async t => {
		for (let round = 0; round < 10; round++) {
			const ended = await world.terminal(['exec', '-it', 'host', 'echo', 'the only word']).ended;
			t.like(ended, {status: 0, stdout: 'the only word\r\n'});
		}

		const {stdout} = await world.terminal(['exec', '-it', 'host', 'seq', '1', '3000']).ended;
		t.is(stdout, Array.from({length: 3000}, (_, index) => `${index + 1}\r\n`).join(''));
		const refused = await world.terminal(['exec', '-it', 'host', '/not/there']).ended;
		t.is(refused.status, 127);
		t.regex(refused.stdout, /^[^\n]*\/not\/there[^\n]*\r\n$/v);
		await world.remove('host');
	});

	world.test('-it without a terminal is rejected before anything is created', async t => {
		const before = await world.traces();
		const refused = await world.run(['run', '-it', 'box'], {input: ''});
		t.like(refused, {status: 125, stdout: ''});
		t.regex(refused.stderr, /^Error: the input device is not a TTY.*\n$/v);
		t.deepEqual(await world.traces(), before);
	});
};
