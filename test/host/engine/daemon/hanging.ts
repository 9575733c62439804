import {mkdir, readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {pathsOf} from '../../../../source/host/store/paths.js';
import type {World} from '../world.js';

/** The first VM of an engine waits for its template. */
const templateLimitMs = 120_000;

/** Starts that never complete, and VMs that do not answer: every verb still ends. */
export const hangingTests = (world: World): void => {
	/** Its `passwd` blocks the start: the runtime looks up the home directory there, and it is a pipe without a writer. */
	const directory = () => path.join(world.directory, 'etc');
	const makePipe = async () => {
		await mkdir(directory());
		await world.start('mkfifo', [path.join(directory(), 'passwd')]).ended;
	};

	const create = async (name: string) => world.holm('create', '--name', name, '-v', `${directory()}:/etc`, 'box', 'sleep', '600');

	/** Resolves once the guest blocks. */
	const begin = async (name: string) => {
		const id = await create(name);
		const start = world.launch(['start', name]);
		const status = path.join(pathsOf(world.root).container(id).machine, 'run/status');
		await world.until(async () => readFile(status, 'utf8').catch(() => ''), text => text.includes('phase network'), templateLimitMs);
		return start;
	};

	const machines = async () => {
		const {processes} = await world.traces();
		return processes.filter(line => line.startsWith('qemu'));
	};

	world.test('rm -f, stop and kill abort a start that never completes', async t => {
		await makePipe();
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
		t.is((await world.run(['rm', 'pruned'])).status, 1, 'a container is not removed without force while it starts');
		t.deepEqual(await world.holm('ps', '-a', '--format', '{{.Names}}'), 'pruned');
		t.is((await world.run(['kill', '-s', 'TERM', 'pruned'])).status, 1);
		await world.holm('rm', '-f', 'pruned');
		await start.ended;
	});

	world.test('a silent guest fails the start with the remedy, and system stop --all aborts starts', async t => {
		await world.holm('system', 'stop');
		await world.run(['system', 'start'], {environment: {HOLM_START_TIMEOUT: '2'}});
		await create('silent');
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

	world.test('a paused container whose QEMU hangs can be killed', async t => {
		await world.holm('run', '-d', '--name', 'stuck', 'box', 'sleep', '600');
		const {status} = await world.engine.container('stuck');
		const pid = status.state === 'running' ? status.pid : 0;
		// QEMU answers nothing any more, not even a resume.
		await world.holm('pause', 'stuck');
		process.kill(pid, 'SIGSTOP');
		await world.holm('kill', 'stuck');
		t.like((await world.engine.container('stuck')).status, {state: 'exited', exitCode: 137});
		t.false((await readdir('/proc')).includes(String(pid)));
		await world.holm('rm', 'stuck');
	});
};
