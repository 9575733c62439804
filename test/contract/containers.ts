import type {Lacks, Register} from './laboratory.js';

/** Names, lists, filters and removal of containers. */
export const testContainers = (test: Register, lacks: Lacks): void => {
	test('a container is created, found by id, beginning of the id and name, and removed', async ({t, engine, create, uniqueName, refused}) => {
		const name = uniqueName('box');
		const id = await create({name, command: ['true'], labels: {'holm.test': 'yes'}});
		t.regex(id, /^[\da-f]{64}$/v);
		for (const reference of [id, id.slice(0, 20), name]) {
			const container = await engine.container(reference);
			t.is(container.id, id);
		}

		const {status, configuration, createdAt, imageId, ...container} = await engine.container(id);
		t.is(container.name, name);
		t.is(status.state, 'created');
		t.is(configuration.labels['holm.test'], 'yes');
		t.true(createdAt > Date.UTC(2020, 0) && createdAt < Date.now() + 86_400_000);
		t.regex(imageId, /^sha256:[\da-f]{64}$/v);
		t.deepEqual(container.process.arguments, ['true']);
		await engine.removeContainer(id);
		await refused('not-found', `No such container: ${name}`, async () => engine.container(name));
		await refused('not-found', id, async () => engine.removeContainer(id));
	});

	test('a container without a name is given one', async ({t, engine, create}) => {
		const {name} = await engine.container(await create({command: ['true']}));
		t.regex(name, /^[\w\-.]{2,}$/v);
	});

	test('only running containers are listed unless all are asked for, newest first', async ({t, engine, create, start}) => {
		const resting = await create({command: ['true']});
		const running = await start();
		const ids = async (options: Parameters<typeof engine.containers>[0]) => {
			const containers = await engine.containers(options);
			return containers.map(container => container.id).filter(id => id === resting || id === running);
		};

		t.deepEqual(await ids({}), [running]);
		t.deepEqual(await ids({all: true}), [running, resting]);
	});

	test('filters choose by name, id, label, state, exit status and image', async ({t, engine, create, start, run, uniqueName, image}) => {
		const name = uniqueName('filtered');
		const label = uniqueName('label');
		const resting = await create({name, command: ['true'], labels: {[label]: 'a'}});
		const running = await start({labels: {[label]: 'b'}});
		const {id: failed} = await run('exit 9', {labels: {[label]: 'c'}});
		const ids = async (filters: Readonly<Record<string, readonly string[]>>, isAll = true) => {
			const containers = await engine.containers({all: isAll, filters: {label: [label], ...filters}});
			return containers.map(({id}) => id).toSorted();
		};

		t.deepEqual(await ids({}), [resting, running, failed].toSorted());
		t.deepEqual(await ids({}, false), [running]);
		t.deepEqual(await ids({label: [`${label}=a`]}), [resting]);
		t.deepEqual(await ids({label: [label, `${label}=b`]}), [running]);
		t.deepEqual(await ids({name: [name]}), [resting]);
		t.deepEqual(await ids({id: [running.slice(0, 16)]}), [running]);
		t.deepEqual(await ids({status: ['created']}), [resting]);
		t.deepEqual(await ids({status: ['created', 'exited']}), [resting, failed].toSorted());
		t.deepEqual(await ids({exited: ['9']}), [failed]);
		t.deepEqual(await ids({exited: ['8']}), []);
		t.deepEqual(await ids({ancestor: [image]}), [resting, running, failed].toSorted());
		t.deepEqual(await ids({before: [running]}), [resting]);
		t.deepEqual(await ids({since: [running]}), [failed]);
	});

	test('an unknown filter and a value that makes no sense are refused', async ({engine, refused}) => {
		await refused('invalid', 'colour', async () => engine.containers({filters: {colour: ['red']}}));
		await refused('invalid', 'asleep', async () => engine.containers({filters: {status: ['asleep']}}));
	});

	test('a name that is taken or is none is refused', async ({engine, create, refused, uniqueName}) => {
		const name = uniqueName('taken');
		await create({name, command: ['true']});
		await refused('conflict', name, async () => create({name, command: ['true']}));
		await refused('invalid', 'sp ace', async () => create({name: 'sp ace', command: ['true']}));
		await refused('invalid', '../up', async () => create({name: '../up', command: ['true']}));
		await refused('not-found', 'nobody', async () => engine.container('nobody-has-this-name'));
	});

	test('a container is renamed', async ({t, engine, create, refused, uniqueName}) => {
		const [before, after, other] = [uniqueName('before'), uniqueName('after'), uniqueName('other')];
		const id = await create({name: before, command: ['true']});
		await create({name: other, command: ['true']});
		await engine.renameContainer(before, after);
		const {name} = await engine.container(id);
		t.is(name, after);
		await refused('not-found', before, async () => engine.container(before));
		await refused('conflict', other, async () => engine.renameContainer(after, other));
		await refused('invalid', 'no good', async () => engine.renameContainer(after, 'no good'));
		// Removed names are free again.
		await create({name: before, command: ['true']});
	});

	test('an unknown image, network and command are refused and leave nothing', async ({engine, create, refused, stateOf, t}) => {
		await refused('not-found', 'no-such-image', async () => create({image: 'no-such-image:never', command: ['true']}));
		await refused('invalid', 'Upper', async () => create({image: 'Upper/Case', command: ['true']}));
		if (!lacks.refusals) {
			await refused('not-found', 'no-such-network', async () => create({command: ['true'], networks: [{network: 'no-such-network', aliases: []}]}));
		}

		const id = await create({command: ['no-such-program']});
		await refused('command-not-found', 'no-such-program', async () => engine.startContainer(id));
		const {lastExit} = await engine.container(id);
		if (lastExit) {
			t.like(lastExit, {exitCode: 127, cause: {kind: 'start', phase: 'process'}});
		}

		t.not(await stateOf(id), 'running');
	});

	test('settings that contradict each other or mean nothing are refused', async ({create, refused}) => {
		await refused('invalid', 'AutoRemove', async () => create({command: ['true'], autoRemove: true, restartPolicy: {name: 'always', maximumRetryCount: 0}}));
		await refused('invalid', 'relative', async () => create({command: ['true'], workingDirectory: 'relative'}));
		if (!lacks.refusals) {
			await refused('invalid', 'zero', async () => create({command: ['echo', 'a\0b']}));
			await refused('invalid', '/twice', async () => create({
				command: ['true'],
				mounts: [
					{type: 'tmpfs', target: '/twice', readOnly: false, options: []},
					{type: 'tmpfs', target: '/twice', readOnly: false, options: []},
				],
			}));
		}

		await refused('invalid', 'Minimum memory limit allowed is 6MB', async () => create({command: ['true'], memory: 1000}));
	});

	test('a running container is removed only by force', async ({t, engine, start, refused, stateOf}) => {
		const id = await start();
		const {name} = await engine.container(id);
		await refused('conflict', /running/v, async () => engine.removeContainer(id));
		t.is(await stateOf(id), 'running');
		await engine.removeContainer(id, {force: true});
		await refused('not-found', name, async () => engine.container(name));
	});

	test('the size of a container is reported on request, and the log of one that wrote nothing is empty', async ({t, engine, run}) => {
		const {id} = await run('echo something > /written');
		const {diskBytes} = await engine.container(id, {size: true});
		t.is(typeof diskBytes, 'number');
		const [listed] = await engine.containers({all: true, size: true, filters: {id: [id]}});
		t.is(typeof listed?.diskBytes, 'number');
		t.deepEqual(await Array.fromAsync(engine.logs(id)), [], 'it has written nothing');
	});
};
