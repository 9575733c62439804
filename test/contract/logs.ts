import {Buffer} from 'node:buffer';
import type {LogEntry} from '../../source/engine/resources.js';
import type {Lacks, Register} from './laboratory.js';

const textOf = (entries: readonly LogEntry[]) => entries.map(({bytes}) => Buffer.from(bytes).toString()).join('');

/** Content, timestamps and selection of logs. */
export const testLogs = (test: Register, {machine: lacksMachine = false}: Lacks): void => {
	test('the two streams of a log are told apart, each in its order, with times', async ({t, engine, run}) => {
		// Docker reads each stream by itself, and takes the time when it does.
		const {id, stdout, stderr} = await run('echo one; sleep 0.1; echo two >&2; sleep 0.3; echo three; sleep 0.1; echo four >&2');
		t.is(stdout, 'one\nthree\n');
		t.is(stderr, 'two\nfour\n');
		const entries = await Array.fromAsync(engine.logs(id));
		t.is(entries.length, 4);
		t.true(entries.every(({timestamp}) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/v.test(timestamp)), JSON.stringify(entries.map(({timestamp}) => timestamp)));
		t.deepEqual(entries.map(({timestamp}) => timestamp), entries.map(({timestamp}) => timestamp).toSorted());
		t.true(entries.every(({bytes}) => bytes.at(-1) === 10));
		const lastOfFirst = entries.findIndex(({bytes}) => Buffer.from(bytes).toString() === 'three\n');
		t.true(lastOfFirst >= 2, 'what was written after a pause comes after what was written before it');
	});

	test('the log of a container that never ran is empty', async ({t, engine, create}) => {
		t.deepEqual(await Array.fromAsync(engine.logs(await create({command: ['true']}))), []);
	});

	test('tail, one stream, both together, since and until', async ({t, engine, run}) => {
		const {id} = await run('for i in 1 2 3 4 5 6; do echo "out $i"; done; sleep 2; echo middle; sleep 2; for i in 1 2 3; do echo "err $i" >&2; done');
		const read = async (options: Parameters<typeof engine.logs>[1]) => textOf(await Array.fromAsync(engine.logs(id, options)));
		t.is(await read({tail: 2}), 'err 2\nerr 3\n');
		t.is(await read({tail: 5}), 'out 6\nmiddle\nerr 1\nerr 2\nerr 3\n');
		t.is(await read({tail: 0}), '');
		t.is(await read({tail: 1000}), await read({}));
		t.is(await read({stdout: false}), 'err 1\nerr 2\nerr 3\n');
		t.is(await read({stderr: false, tail: 5}), 'out 6\nmiddle\n');
		t.is(await read({stdout: true, stderr: true, tail: 1}), 'err 3\n');

		const entries = await Array.fromAsync(engine.logs(id));
		const middle = Date.parse(entries[6]!.timestamp);
		t.is(await read({since: middle - 1000}), 'middle\nerr 1\nerr 2\nerr 3\n');
		t.is(await read({until: middle - 1000}), 'out 1\nout 2\nout 3\nout 4\nout 5\nout 6\n');
		t.is(await read({since: middle - 1000, until: middle + 1000}), 'middle\n');
		t.is(await read({since: Date.now() + 3_600_000}), '');
	});

	test('following gives what comes, from the beginning or the last lines on, and ends with the container', async ({t, engine, script}) => {
		const id = await script('echo 1; echo 2; echo 3; read line; echo "then $line"', {openStdin: true});
		await engine.startContainer(id);
		const session = await engine.attachContainer(id, {stdin: true});
		let all = '';
		let last = '';
		const followEnd = async () => {
			for await (const {bytes} of engine.logs(id, {follow: true, tail: 1})) {
				last += Buffer.from(bytes).toString();
				if (last === '3\n') {
					session.stdin.end('this\n');
				}
			}
		};

		let following: Promise<void> | undefined;
		for await (const {bytes} of engine.logs(id, {follow: true})) {
			all += Buffer.from(bytes).toString();
			if (all === '1\n2\n3\n') {
				following = followEnd();
			}
		}

		await following;
		t.is(last, '3\nthen this\n');
		t.is(all, '1\n2\n3\nthen this\n');
		t.is((await engine.waitContainer(id)).exitCode, 0);
		t.is(textOf(await Array.fromAsync(engine.logs(id, {follow: true}))), all, 'following one that has ended gives all and ends');
	});

	test('aborting ends the reading without an error', async ({t, engine, standing}) => {
		const id = await standing();
		const controller = new AbortController();
		let count = 0;
		for await (const _ of engine.logs(id, {follow: true, signal: controller.signal})) {
			count++;
			controller.abort();
		}

		t.is(count, 1);
		t.deepEqual(await Array.fromAsync(engine.logs(id, {follow: true, signal: AbortSignal.abort()})), []);
	});

	test('bytes are what they were, in a line that is very long, and in one without an end', async ({t, run}) => {
		const {stdout} = await run(String.raw`printf '\033[31mred\033[0m \303\251 \377\n'; i=0; s=0123456789; while [ $i -lt 13 ]; do s=$s$s; i=$((i+1)); done; echo $s; echo whole; printf "no end"`);
		const [bytes, long, ...others] = stdout.split('\n');
		t.is(bytes, '\u{1B}[31mred\u{1B}[0m é \u{FFFD}');
		t.is(long, '0123456789'.repeat(2 ** 13));
		t.deepEqual(others, ['whole', 'no end']);
	});

	test('the log of a container that there is not', async ({engine, refused}) => {
		await refused('not-found', 'nobody-has-this-name', async () => Array.fromAsync(engine.logs('nobody-has-this-name')));
	});

	if (lacksMachine) {
		return;
	}

	test('the boot log is the machine\'s, running and ended', async ({t, engine, create, start, refused}) => {
		const id = await start();
		const lines = await Array.fromAsync(engine.bootLog!(id));
		t.regex(textOf(lines.slice(0, 1)), /Linux version/v, 'from the boot of the kernel on');
		t.regex(textOf(lines), /vda/v, 'to the container\'s own disk');
		t.true(lines.every(({bytes, stream}) => stream === 'stdout' && bytes.at(-1) === 10 && !bytes.includes(13)), 'lines of text');
		t.true(lines.every(({timestamp}) => Math.abs(Date.parse(timestamp) - Date.now()) < 600_000));
		t.is(textOf(await Array.fromAsync(engine.bootLog!(id, {tail: 2}))), textOf(lines.slice(-2)));
		t.deepEqual(await Array.fromAsync(engine.bootLog!(id, {tail: 0})), []);
		t.is(textOf(await Array.fromAsync(engine.bootLog!(id, {tail: 100_000}))), textOf(lines));
		const leaving = new AbortController();
		for await (const _ of engine.bootLog!(id, {follow: true, tail: 1, signal: leaving.signal})) {
			leaving.abort();
		}

		const following = Array.fromAsync(engine.bootLog!(id, {follow: true}));
		await engine.stopContainer(id);
		t.true(textOf(await following).startsWith(textOf(lines)), 'following ends with the machine');
		t.true(textOf(await Array.fromAsync(engine.bootLog!(id))).startsWith(textOf(lines)), 'it stays when the machine is gone');
		t.true(textOf(await Array.fromAsync(engine.bootLog!(id, {follow: true}))).startsWith(textOf(lines)), 'and there is nothing to wait for');
		const unused = await create({name: 'ct-without-a-machine'});
		await refused('not-found', 'ct-without-a-machine', async () => Array.fromAsync(engine.bootLog!(unused)));
		await refused('not-found', 'ct-without-a-machine', async () => Array.fromAsync(engine.bootLog!(unused, {follow: true})));
		await refused('not-found', 'nobody-has-this-name', async () => Array.fromAsync(engine.bootLog!('nobody-has-this-name')));
	});
};
