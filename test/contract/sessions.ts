import {text} from 'node:stream/consumers';
import type {Lacks, Register} from './laboratory.js';

/** Attaching to containers. */
export const testSessions = (test: Register, lacks: Lacks): void => {
	test('attached before its start, a container\'s first byte is seen, and its input reaches it', async ({t, engine, create}) => {
		const id = await create({command: ['sh', '-c', 'echo started; cat; echo problem >&2; exit 2'], openStdin: true});
		const session = await engine.attachContainer(id, {stdin: true});
		t.false(session.terminal);
		const output = Promise.all([text(session.stdout), text(session.stderr)]);
		await engine.startContainer(id);
		session.stdin.write('one\n');
		session.stdin.end('two without an end');
		t.deepEqual(await output, ['started\none\ntwo without an end', 'problem\n']);
		t.is((await engine.waitContainer(id)).exitCode, 2);
	});

	test('attached later, only what comes is seen, or with logs everything', async ({t, engine, script, written}) => {
		const id = await script('echo before; read line; echo after', {openStdin: true});
		await engine.startContainer(id);
		await written(id, 'before');
		const late = await engine.attachContainer(id, {stdin: true});
		const whole = await engine.attachContainer(id, {logs: true});
		const outputs = Promise.all([text(late.stdout), text(whole.stdout)]);
		late.stdin.end('line\n');
		const [later, all] = await outputs;
		t.is(later, 'after\n');
		t.is(lacks.seamlessLogs ? all.replace('after\nafter\n', 'after\n') : all, 'before\nafter\n');
	});

	test('closing a session leaves the process as it is', async ({t, engine, standing, written, stateOf}) => {
		const id = await standing();
		await written(id, 'ready');
		const session = await engine.attachContainer(id);
		session.close();
		t.is(await stateOf(id), 'running');
		// Another client can attach.
		const again = await engine.attachContainer(id, {logs: true});
		for await (const chunk of again.stdout) {
			t.true(String(chunk).includes('ready'));
			break;
		}

		again.close();
	});

	if (!lacks.detaching) {
		test('destroying the input detaches, and another client can continue it', async ({t, engine, create, written, stateOf}) => {
			const id = await create({command: ['sh', '-c', 'echo ready; cat'], openStdin: true});
			const first = await engine.attachContainer(id, {stdin: true});
			await engine.startContainer(id);
			await written(id, 'ready');
			first.stdin.write('one\n');
			await written(id, 'one');
			first.stdin.destroy();
			// Pending reads may end or fail then.
			await Promise.allSettled([text(first.stdout)]);
			t.is(await stateOf(id), 'running');
			const second = await engine.attachContainer(id, {stdin: true});
			const output = text(second.stdout);
			second.stdin.end('two\n');
			t.is(await output, 'two\n');
			t.is((await engine.waitContainer(id)).exitCode, 0);
		});
	}

	test('with a terminal everything comes as the terminal\'s bytes, also in the log', async ({t, engine, create, output: logged}) => {
		const id = await create({command: ['sh', '-c', 'echo out; echo err >&2'], terminal: true});
		const session = await engine.attachContainer(id);
		t.true(session.terminal);
		const output = Promise.all([text(session.stdout), text(session.stderr)]);
		await engine.startContainer(id);
		t.deepEqual(await output, ['out\r\nerr\r\n', '']);
		t.deepEqual(await logged(id), {stdout: 'out\r\nerr\r\n', stderr: ''});
	});

	test('what is typed on a terminal is echoed and read by the process', async ({t, engine, create}) => {
		const id = await create({command: ['sh', '-c', 'read line; echo "<$line>"'], terminal: true, openStdin: true});
		const session = await engine.attachContainer(id, {stdin: true});
		const output = text(session.stdout);
		await engine.startContainer(id);
		await engine.resizeContainer(id, {rows: 40, columns: 100});
		session.stdin.write('typed\r');
		t.is(await output, 'typed\r\n<typed>\r\n');
	});

	test('a session ends when its container is killed', async ({t, engine, start, openExec}) => {
		const id = await start();
		const attached = await engine.attachContainer(id);
		const {session} = await openExec(id, ['sleep', '1000']);
		const ends = Promise.all([text(attached.stdout), text(session.stdout)]);
		await engine.killContainer(id);
		await ends;
		t.pass();
	});
};
