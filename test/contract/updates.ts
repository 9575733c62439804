import type {Lacks, Register} from './laboratory.js';

const mebibyte = 1024 ** 2;

/** Changes of what a container was created with. */
export const testUpdates = (test: Register, {machine: lacksMachine = false}: Lacks): void => {
	test('a restart policy is changed at once, of a container that runs and of one that does not', async ({t, engine, create, script, stateOf, written, exec}) => {
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
		const waiting = engine.events({since: Date.now(), filters: {container: [id], event: ['die']}})[Symbol.asyncIterator]();
		await engine.startContainer(id);
		// The pauses grow.
		for (let count = 0; count < 4; count++) {
			await waiting.next();
		}

		await waiting.return?.();
		const exited = engine.waitContainer(id);
		await engine.updateContainer(id, {restartPolicy: {name: 'no', maximumRetryCount: 0}});
		t.is((await exited).exitCode, 3);
		t.is(await stateOf(id), 'exited');
	});

	test('the machine of a container that does not run gets another size', async ({t, engine, create, exec, stateOf, refused}) => {
		const id = await create({command: ['sleep', '100'], memory: 300 * mebibyte});
		await engine.updateContainer(id, {memory: 256 * mebibyte});
		await engine.startContainer(id);
		const {configuration, machine} = await engine.container(id);
		t.is(configuration.memory, 256 * mebibyte);
		if (lacksMachine) {
			return;
		}

		t.is(machine?.memoryBytes, 256 * mebibyte);
		await refused('conflict', configuration.name!, async () => engine.updateContainer(id, {memory: 257 * mebibyte}));
		await refused('conflict', configuration.name!, async () => engine.updateContainer(id, {cpus: 2}));
		await engine.updateContainer(id, {memory: 256 * mebibyte, cpus: 1, restartPolicy: {name: 'unless-stopped', maximumRetryCount: 0}});
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
		await refused('conflict', 'removed', async () => engine.updateContainer(removing, {restartPolicy: {name: 'always', maximumRetryCount: 0}}));
		await engine.updateContainer(removing, {restartPolicy: {name: 'no', maximumRetryCount: 0}});
		await refused('not-found', 'nobody-has-this-name', async () => engine.updateContainer('nobody-has-this-name', {cpus: 1}));
		const events = await Array.fromAsync(engine.events({since, until: Date.now() + 1, filters: {event: ['update']}}));
		t.deepEqual(events.map(event => event.id), [removing]);
	});
};
