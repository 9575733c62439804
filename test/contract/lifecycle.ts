import {setTimeout as delay} from 'node:timers/promises';
import {bootPhases} from '../../source/engine/resources.js';
import {waiting, type Lacks, type Register} from './laboratory.js';

const mebibyte = 1024 ** 2;

/** Start, stop, wait, restart, pause, and updates of the configuration. */
export const testLifecycle = (test: Register, lacks: Lacks): void => {
	test('a container runs, is stopped by its signal, and starts again', async ({t, engine, script, written, output, stateOf, refused}) => {
		const id = await script('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 1 & wait $!; done');
		await engine.startContainer(id);
		await written(id, 'ready');
		const {status} = await engine.container(id);
		t.is(status.state, 'running');
		t.true(status.state === 'running' && status.pid > 0 && status.startedAt > 0);
		await refused('not-modified', '', async () => engine.startContainer(id));
		await engine.stopContainer(id);
		const stopped = await engine.container(id);
		t.like(stopped.status, {state: 'exited', exitCode: 0, outOfMemory: false});
		t.true(stopped.status.state === 'exited' && stopped.status.finishedAt >= stopped.status.startedAt && stopped.status.startedAt > 0);
		t.is((await output(id)).stdout, 'ready\nbye\n');
		await refused('not-modified', '', async () => engine.stopContainer(id));
		await engine.startContainer(id);
		t.is(await stateOf(id), 'running');
	});

	test('wait and the state report exit statuses', async ({t, engine, run}) => {
		for (const code of [1, 255]) {
			const {id, exitCode} = await run(`exit ${code}`);
			t.is(exitCode, code);
			const {status} = await engine.container(id);
			t.like(status, {state: 'exited', exitCode: code});
		}
	});

	test('the process has the arguments, variables, directory and host name that were asked for', async ({
		t,
		run,
		create,
		engine,
		output,
	}) => {
		const {id: greeter, stdout, exitCode} = await run(
			'echo "$GREETING from $(pwd) on $(hostname)"; exit 77',
			{environment: ['GREETING=hello = you'], workingDirectory: '/tmp', hostname: 'island'},
		);
		t.is(lacks.hostnames ? `${stdout.slice(0, stdout.lastIndexOf(' '))} island\n` : stdout, 'hello = you from /tmp on island\n');
		t.is(exitCode, 77);
		t.like((await engine.container(greeter)).status, {state: 'exited', exitCode: 77});
		const id = await create({entrypoint: ['echo', 'one'], command: ['two  three', '$HOME']});
		await engine.startContainer(id);
		await engine.waitContainer(id);
		t.deepEqual(await output(id), {stdout: 'one two  three $HOME\n', stderr: ''});
		const container = await engine.container(id);
		t.deepEqual(container.process.arguments, ['echo', 'one', 'two  three', '$HOME']);
	});

	test('a process that takes too long to stop is killed', async ({t, engine, script, written}) => {
		const stubborn = await script('trap "" TERM; echo ready; while :; do sleep 1; done');
		await engine.startContainer(stubborn);
		await written(stubborn, 'ready');
		await engine.stopContainer(stubborn, {timeoutSeconds: 1});
		t.like((await engine.container(stubborn)).status, {state: 'exited', exitCode: 137});
	});

	test('a stop signal of one\'s own choice', async ({t, engine, script, written, refused}) => {
		const id = await script(
			'trap "exit 21" USR1; trap "exit 22" USR2; echo ready; while :; do sleep 1 & wait $!; done',
			{stopSignal: 'SIGUSR1'},
		);
		await engine.startContainer(id);
		await written(id, 'ready');
		await engine.stopContainer(id);
		t.like((await engine.container(id)).status, {state: 'exited', exitCode: 21});
		const other = await script(
			'trap "exit 21" USR1; trap "exit 22" USR2; echo ready; while :; do sleep 1 & wait $!; done',
			{stopSignal: 'SIGUSR1'},
		);
		await engine.startContainer(other);
		await written(other, 'ready');
		if (lacks.stopSignals) {
			await refused('unsupported', 'USR2', async () => engine.stopContainer(other, {signal: 'USR2'}));
			return;
		}

		await engine.stopContainer(other, {signal: 'USR2'});
		t.like((await engine.container(other)).status, {state: 'exited', exitCode: 22});
	});

	test('kill sends any signal, SIGKILL by default', async ({t, engine, script, written, refused, stateOf}) => {
		const id = await script('trap "echo got it" USR1; echo ready; while :; do sleep 1 & wait $!; done');
		await engine.startContainer(id);
		await written(id, 'ready');
		await engine.killContainer(id, 'SIGUSR1');
		await written(id, 'got it');
		await refused('invalid', 'SIGNONSENSE', async () => engine.killContainer(id, 'SIGNONSENSE'));
		t.is(await stateOf(id), 'running');
		await engine.killContainer(id);
		const {exitCode} = await engine.waitContainer(id);
		t.is(exitCode, 137);
		await refused('conflict', 'not running', async () => engine.killContainer(id));
	});

	test('restart starts one that does not run, and gives a new process', async ({t, engine, create, written}) => {
		const id = await create({command: waiting});
		await engine.restartContainer(id);
		await written(id, 'ready');
		const before = await engine.container(id);
		await delay(10);
		await engine.restartContainer(id);
		const after = await engine.container(id);
		t.true(before.status.state === 'running' && after.status.state === 'running' && after.status.startedAt > before.status.startedAt);
	});

	if (!lacks.pause) {
		test('a paused container does nothing until it goes on', async ({t, engine, script, written, refused, stateOf}) => {
			const id = await script('i=0; while :; do i=$((i+1)); echo "turn $i"; sleep 0.2; done');
			await engine.startContainer(id);
			await written(id, 'turn 2');
			await engine.pauseContainer(id);
			t.is(await stateOf(id), 'paused');
			await refused('conflict', 'paused', async () => engine.pauseContainer(id));
			await refused('conflict', /paused/v, async () => engine.createExec(id, {
				command: ['true'], terminal: false, stdin: false, environment: [], privileged: false,
			}));
			await refused('conflict', /paused/v, async () => engine.startContainer(id));
			const listed = await engine.containers({filters: {id: [id]}});
			t.is(listed.length, 1, 'a paused container is listed among the running ones');
			await engine.unpauseContainer(id);
			for (let look = 0; lacks.promptPause && look < 100 && await stateOf(id) !== 'running'; look++) {
				await delay(100);
			}

			t.is(await stateOf(id), 'running');
			await written(id, 'turn 4');
			await refused('conflict', 'not paused', async () => engine.unpauseContainer(id));
			await engine.killContainer(id);
			await engine.waitContainer(id);
			await refused('conflict', 'not running', async () => engine.pauseContainer(id));
		});
	}

	test('wait: what does not run, the next exit, and an end that is given up', async ({t, engine, create, standing}) => {
		// Long enough for the wait to begin before the end, over any connection.
		const id = await create({command: ['sh', '-c', 'sleep 2; exit 4']});
		t.is((await engine.waitContainer(id)).exitCode, 0, 'one that never ran does not run');
		const next = engine.waitContainer(id, 'next-exit');
		await engine.startContainer(id);
		t.is((await next).exitCode, 4);
		t.is((await engine.waitContainer(id, 'not-running')).exitCode, 4);
		const running = await standing();
		const controller = new AbortController();
		const end = engine.waitContainer(running, 'not-running', controller.signal);
		controller.abort();
		await t.throwsAsync(end);
		await t.throwsAsync(engine.waitContainer('nobody-has-this-name'), {message: /nobody-has-this-name/v});
	});

	test('a container that removes itself is gone when it ends, with its anonymous volumes', async ({
		t,
		engine,
		script,
		written,
		refused,
	}) => {
		const id = await script(
			'echo here; read line; exit 6',
			{autoRemove: true, openStdin: true, mounts: [{type: 'volume', source: '', target: '/data', readOnly: false}]},
		);
		const [mount] = (await engine.container(id)).mounts;
		const volume = mount?.type === 'volume' ? mount.source : '';
		t.not(volume, '');
		const removed = engine.waitContainer(id, 'removed');
		const session = await engine.attachContainer(id, {stdin: true});
		await engine.startContainer(id);
		await written(id, 'here');
		session.stdin.end('line\n');
		t.is((await removed).exitCode, 6);
		await refused('not-found', id.slice(0, 12), async () => engine.container(id));
		await refused('not-found', volume, async () => engine.volume(volume));
	});

	test('on-failure starts a failed container so many times again', async ({t, engine, script, output, stateOf}) => {
		const id = await script('echo try; exit 3', {restartPolicy: {name: 'on-failure', maximumRetryCount: 2}});
		await engine.startContainer(id);
		// An engine may report each end, as Docker does, or only the last one.
		do {
			t.is((await engine.waitContainer(id)).exitCode, 3);
		} while (await stateOf(id) !== 'exited');

		const {restartCount, status} = await engine.container(id);
		t.is(restartCount, 2);
		t.is(status.state, 'exited');
		t.is((await output(id)).stdout, 'try\ntry\ntry\n');
		const fine = await script('exit 0', {restartPolicy: {name: 'on-failure', maximumRetryCount: 2}});
		await engine.startContainer(fine);
		await engine.waitContainer(fine);
		t.is((await engine.container(fine)).restartCount, 0);
	});

	test('always restarts until a user stops it', async ({t, engine, script, written, stateOf}) => {
		const id = await script(
			'if [ -e /been ]; then trap "exit 0" TERM; echo again; while :; do sleep 1 & wait $!; done; fi; touch /been; exit 0',
			{restartPolicy: {name: 'always', maximumRetryCount: 0}},
		);
		await engine.startContainer(id);
		await written(id, 'again');
		t.is(await stateOf(id), 'running');
		const ended = engine.waitContainer(id);
		await engine.killContainer(id, 'SIGTERM');
		t.is((await ended).exitCode, 0);
		t.is(await stateOf(id), 'exited', 'a kill with the stop signal is a stop');
	});

	test('a restart policy is changed at once, of a container that runs and of one that does not', async ({
		t,
		engine,
		create,
		script,
		stateOf,
		written,
		exec,
	}) => {
		const policyOf = async (id: string) => {
			const {configuration: {restartPolicy}} = await engine.container(id);
			return restartPolicy;
		};

		const unused = await create();
		await engine.updateContainer(unused, {restartPolicy: {name: 'on-failure', maximumRetryCount: 3}});
		t.deepEqual(await policyOf(unused), {name: 'on-failure', maximumRetryCount: 3});
		await engine.updateContainer(unused, {});
		t.deepEqual(await policyOf(unused), {name: 'on-failure', maximumRetryCount: 3}, 'what is not named stays');

		const id = await script('echo ready; while [ ! -e /go ]; do sleep 1; done');
		await engine.startContainer(id);
		await engine.updateContainer(id, {restartPolicy: {name: 'always', maximumRetryCount: 0}});
		t.deepEqual(await policyOf(id), {name: 'always', maximumRetryCount: 0});
		t.is(await stateOf(id), 'running');
		const ended = engine.waitContainer(id, 'next-exit');
		const starts = engine.events({since: Date.now(), filters: {container: [id], event: ['start']}})[Symbol.asyncIterator]();
		const next = starts.next();
		await written(id, 'ready');
		await exec(id, ['touch', '/go']);
		await ended;
		t.false((await next).done, 'the new policy starts it again');
		await starts.return?.();
	});

	test('a restart that waits is given up when the policy no longer wants it', async ({t, engine, script, stateOf}) => {
		const id = await script('exit 3', {restartPolicy: {name: 'always', maximumRetryCount: 0}});
		const deaths = engine.events({since: Date.now(), filters: {container: [id], event: ['die']}})[Symbol.asyncIterator]();
		await engine.startContainer(id);
		// The delays grow.
		for (let count = 0; count < 4; count++) {
			await deaths.next();
		}

		await deaths.return?.();
		const exited = engine.waitContainer(id);
		await engine.updateContainer(id, {restartPolicy: {name: 'no', maximumRetryCount: 0}});
		t.is((await exited).exitCode, 3);
		t.is(await stateOf(id), 'exited');
	});

	test('the machine of a container and the phases of its start; one that does not run gets another size', async ({
		t,
		engine,
		create,
		exec,
		stateOf,
		refused,
	}) => {
		const id = await create({command: ['sleep', '100'], cpus: 2, memory: 300 * mebibyte});
		await engine.updateContainer(id, {memory: 64 * mebibyte});
		t.is((await engine.container(id)).configuration.memory, 64 * mebibyte);
		await engine.updateContainer(id, {memory: 256 * mebibyte});
		await engine.startContainer(id);
		const {configuration, machine} = await engine.container(id);
		t.is(configuration.memory, 256 * mebibyte);
		if (lacks.machine) {
			return;
		}

		t.is(machine?.cpus, 2);
		t.is(machine?.memoryBytes, 256 * mebibyte);
		t.deepEqual(machine?.phases.map(({name}) => name), [...bootPhases]);
		t.true(machine!.phases.every(({startMs, endMs}, index) => endMs >= startMs && startMs >= (machine!.phases[index - 1]?.startMs ?? 0)));
		await refused('conflict', configuration.name!, async () => engine.updateContainer(id, {memory: 257 * mebibyte}));
		await refused('conflict', configuration.name!, async () => engine.updateContainer(id, {cpus: 3}));
		t.deepEqual(await engine.updateContainer(id, {memory: 200 * mebibyte, cpus: 1, pidsLimit: 50}), {warnings: []});
		t.is((await engine.container(id)).configuration.cpus, 1);
		await engine.updateContainer(id, {memory: 256 * mebibyte, cpus: 2, restartPolicy: {name: 'unless-stopped', maximumRetryCount: 0}});
		await engine.pauseContainer(id);
		await refused('conflict', configuration.name!, async () => engine.updateContainer(id, {memory: 512 * mebibyte}));
		await engine.unpauseContainer(id);
		t.is(await stateOf(id), 'running');
		t.is((await exec(id, ['echo', 'well'])).stdout, 'well\n');
		const after = await engine.container(id);
		t.is(after.configuration.restartPolicy.name, 'unless-stopped');
		t.is(after.configuration.memory, 256 * mebibyte);
	});

	test('an update is an event, and what cannot be changes nothing', async ({t, engine, create, refused}) => {
		const id = await create();
		const before = await engine.container(id);
		const since = Date.now();
		for (const update of [{memory: 1}, {memory: -5}, {cpus: -1}, {restartPolicy: {name: 'always', maximumRetryCount: 3}}] as const) {
			await refused('invalid', /./v, async () => engine.updateContainer(id, update));
		}

		t.deepEqual((await engine.container(id)).configuration, before.configuration);
		const removing = await create({autoRemove: true});
		await refused(
			'conflict',
			'removed',
			async () => engine.updateContainer(removing, {restartPolicy: {name: 'always', maximumRetryCount: 0}}),
		);
		await engine.updateContainer(removing, {restartPolicy: {name: 'no', maximumRetryCount: 0}});
		await refused('not-found', 'nobody-has-this-name', async () => engine.updateContainer('nobody-has-this-name', {cpus: 1}));
		const events = await Array.fromAsync(engine.events({since, until: Date.now() + 1, filters: {event: ['update']}}));
		t.deepEqual(events.map(event => event.id), [removing]);
	});
};
