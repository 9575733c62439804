import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {pathsOf} from '../../../../source/host/store/paths.js';
import type {World} from '../world.js';

/** The first machine of an engine waits for its template. */
const templateLimitMs = 120_000;

/** Starts that never end, and machines that do not answer: whoever made them so, every verb comes to an end. */
export const hangingTests = (world: World): void => {
	/** The runtime in the guest reads this file before it starts the process, and so waits for somebody to write to it. */
	const makeImage = async () => {
		const context = path.join(world.directory, 'hang');
		await mkdir(context, {recursive: true});
		await writeFile(path.join(context, 'Dockerfile'), 'FROM box\nRUN rm /etc/passwd && mkfifo /etc/passwd\n');
		await world.holm('build', '-q', '-t', 'hang', context);
	};

	/** Resolves once the guest is as far as it comes. */
	const begin = async (name: string) => {
		const id = await world.holm('create', '--name', name, 'hang', 'sleep', '600');
		const start = world.launch(['start', name]);
		const status = path.join(pathsOf(world.root).container(id).machine, 'run/status');
		await world.until(async () => readFile(status, 'utf8').catch(() => ''), text => text.includes('phase network'), templateLimitMs);
		return start;
	};

	const machines = async () => {
		const {processes} = await world.traces();
		return processes.filter(line => line.startsWith('qemu'));
	};

	world.test('a start that does not end is ended by every verb that ends something', async t => {
		await makeImage();
		for (const [name, ...verb] of [['removed', 'rm', '-f'], ['stopped', 'stop', '-t', '0'], ['killed', 'kill']]) {
			const start = await begin(name!);
			const {status, stderr} = await world.run([...verb, name!], {limitMs: 20_000});
			t.deepEqual({verb, status, stderr}, {verb, status: 0, stderr: ''});
			t.regex((await start.ended).stderr, /ended before its process ran/v);
			t.deepEqual(await machines(), []);
		}

		t.is((await world.engine.container('stopped')).status.state, 'created');
		const start = await begin('pruned');
		t.regex(await world.holm('system', 'prune', '-f'), /stopped|killed|\w{64}/v);
		t.is((await world.run(['rm', 'pruned'])).status, 1, 'one that is being started is not removed without force');
		t.deepEqual(await world.holm('ps', '-a', '--format', '{{.Names}}'), 'pruned');
		t.is((await world.run(['kill', '-s', 'TERM', 'pruned'])).status, 1);
		await world.holm('rm', '-f', 'pruned');
		await start.ended;
	});

	world.test('a guest that says nothing more is given up, with the remedy, and the end of all ends starts', async t => {
		await world.holm('system', 'stop');
		await world.run(['system', 'start'], {environment: {HOLM_START_TIMEOUT: '2'}});
		await world.holm('create', '--name', 'silent', 'hang', 'sleep', '600');
		const {status, stderr} = await world.run(['start', 'silent'], {limitMs: templateLimitMs});
		t.not(status, 0);
		t.regex(stderr, /said nothing for 2 seconds.*HOLM_START_TIMEOUT/v);
		t.deepEqual(await machines(), []);
		await world.holm('system', 'stop');
		const other = await begin('ended');
		await world.holm('system', 'stop', '--all', '--force');
		t.not((await other.ended).status, 0);
		t.deepEqual(await machines(), []);
		t.deepEqual((await world.traces()).mounts, []);
		await world.holm('rm', 'silent', 'ended');
	});

	world.test('a paused container whose QEMU hangs is killed all the same', async t => {
		await world.holm('run', '-d', '--name', 'stuck', 'box', 'sleep', '600');
		const {status} = await world.engine.container('stuck');
		const pid = status.state === 'running' ? status.pid : 0;
		// Nothing is answered any more, not even whether it goes on.
		await world.holm('pause', 'stuck');
		process.kill(pid, 'SIGSTOP');
		await world.holm('kill', 'stuck');
		t.like((await world.engine.container('stuck')).status, {state: 'exited', exitCode: 137});
		t.false((await readdir('/proc')).includes(String(pid)));
		await world.holm('rm', 'stuck');
	});
};
