import {text} from 'node:stream/consumers';
import {HolmError} from '../../source/engine/errors.js';
import type {Lacks, Register} from './laboratory.js';

/** Running commands in containers. */
export const testExecs = (test: Register, lacks: Lacks): void => {
	test('a command in a container: output, streams, status, variables, directory, input to its end', async ({t, standing, exec}) => {
		const id = await standing();
		t.deepEqual(await exec(id, ['sh', '-c', 'echo out; echo err >&2; exit 3']), {stdout: 'out\n', stderr: 'err\n', exitCode: 3});
		t.deepEqual(await exec(id, ['sh', '-c', 'echo "$OWN $MORE $(pwd)"'], {environment: ['MORE=exec'], workingDirectory: '/etc'}), {stdout: 'container exec /etc\n', stderr: '', exitCode: 0});
		t.deepEqual(await exec(id, ['cat'], {input: 'some input\nwithout an end'}), {stdout: 'some input\nwithout an end', stderr: '', exitCode: 0});
		t.deepEqual(await exec(id, ['sh', '-c', 'read a; read b; echo "$b $a"; exit 1'], {input: 'first\nsecond\n'}), {stdout: 'second first\n', stderr: '', exitCode: 1});
		t.deepEqual(await exec(id, ['echo', 'a b', '$HOME;', '"\'\n']), {stdout: 'a b $HOME; "\'\n\n', stderr: '', exitCode: 0});
	});

	test('much output and much input arrive whole', async ({t, standing, exec}) => {
		const id = await standing();
		const numbers = Array.from({length: 30_000}, (_, index) => `${index + 1}\n`).join('');
		const {stdout} = await exec(id, ['seq', '1', '30000']);
		t.is(stdout.length, numbers.length);
		t.is(stdout, numbers);
		const echoed = await exec(id, ['cat'], {input: numbers});
		t.is(echoed.stdout.length, numbers.length);
		t.is(echoed.stdout, numbers);
	});

	test('a command with a terminal', async ({t, engine, standing, openExec}) => {
		const id = await standing();
		const {execId, session} = await openExec(id, ['sh', '-c', 'read line; echo "<$line>" >&2; exit 7'], {terminal: true, stdin: true});
		t.true(session.terminal);
		const status = await engine.exec(execId);
		t.true(status.running);
		t.is(status.containerId, id);
		t.is(status.exitCode, undefined);
		await engine.resizeExec(execId, {rows: 30, columns: 120});
		const output = text(session.stdout);
		session.stdin.write('hi\r');
		t.is(await output, 'hi\r\n<hi>\r\n');
		t.like(await engine.exec(execId), {running: false, exitCode: 7});
	});

	test('a command that there is not ends with 127, one that cannot be run with 126', async ({t, engine, standing}) => {
		const id = await standing();
		for (const [command, code, status] of [['no-such-program', 'command-not-found', 127], ['/etc/passwd', 'not-executable', 126]] as const) {
			const execId = await engine.createExec(id, {
				command: [command], terminal: false, stdin: false, environment: [], privileged: false,
			});
			try {
				const session = await engine.startExec(execId);
				await Promise.all([text(session.stdout), text(session.stderr)]);
			} catch (error) {
				t.true(error instanceof HolmError && error.code === code && error.message.includes(command), String(error));
			}

			const {exitCode} = await engine.exec(execId);
			t.true(exitCode === status || (lacks.refusals && exitCode === 126), `${command}: ${exitCode}`);
		}
	});

	test('an exec is refused in a container that does not run, and runs once', async ({t, engine, create, standing, exec, openExec, refused}) => {
		const configuration = {
			command: ['true'], terminal: false, stdin: false, environment: [], privileged: false,
		};
		const resting = await create({command: ['true']});
		await refused('conflict', 'not running', async () => engine.createExec(resting, configuration));
		await refused('not-found', 'nobody-has-this-name', async () => engine.createExec('nobody-has-this-name', configuration));
		const unknown = 'ab'.repeat(32);
		await refused('not-found', unknown, async () => engine.exec(unknown));
		await refused('not-found', unknown, async () => engine.startExec(unknown));
		const id = await standing();
		await refused('invalid', /command/iv, async () => engine.createExec(id, {...configuration, command: []}));
		if (!lacks.refusals) {
			for (const impossible of [{command: ['echo', 'a\0b']}, {environment: ['A=\0']}, {workingDirectory: 'relative'}]) {
				await refused('invalid', /./v, async () => engine.createExec(id, {...configuration, ...impossible}));
			}
		}

		const {execId, session} = await openExec(id, ['true']);
		await Promise.all([text(session.stdout), text(session.stderr)]);
		await refused('conflict', execId.slice(0, 12), async () => engine.startExec(execId));
		t.is((await exec(id, ['true'])).exitCode, 0);
	});
};
