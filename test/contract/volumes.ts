import type {ContractOptions, Register} from './laboratory.js';

/** Volumes and other mounts. */
export const testVolumes = (test: Register, {shared = false, lacks = {}}: ContractOptions): void => {
	test('a volume is created, found, listed by filters and removed', async ({t, engine, createVolume, uniqueName, refused}) => {
		const label = uniqueName('label');
		const {name} = await createVolume({labels: {[label]: 'yes'}});
		const volume = await engine.volume(name);
		t.like(volume, {name, anonymous: false});
		t.is(volume.labels[label], 'yes');
		t.true(volume.createdAt > Date.UTC(2020, 0));
		const names = async (filters: Readonly<Record<string, readonly string[]>>) => (await engine.volumes(filters)).map(found => found.name);
		t.deepEqual(await names({label: [label]}), [name]);
		t.deepEqual(await names({name: [name]}), [name]);
		t.deepEqual(await names({name: [name], dangling: ['true']}), [name]);
		t.deepEqual(await names({name: [name], dangling: ['false']}), []);
		t.is((await createVolume({name})).name, name, 'a second creation gives the one that is there');
		await engine.removeVolume(name);
		await refused('not-found', name, async () => engine.volume(name));
		await refused('not-found', name, async () => engine.removeVolume(name));
		await engine.removeVolume(name, {force: true});
		await refused('invalid', 'no good', async () => createVolume({name: 'no good'}));
	});

	test('what is in a volume outlives containers, and a volume in use stays', async ({
		t,
		engine,
		createVolume,
		run,
		start,
		exec,
		refused,
	}) => {
		const {name} = await createVolume();
		const mount = {type: 'volume', source: name, target: '/data', readOnly: false} as const;
		const {id: writer} = await run('echo kept > /data/file', {mounts: [mount]});
		const reader = await start({mounts: [{...mount, target: '/elsewhere', readOnly: true}]});
		t.is((await exec(reader, ['cat', '/elsewhere/file'])).stdout, 'kept\n');
		const {exitCode} = await exec(reader, ['sh', '-c', 'echo x > /elsewhere/file']);
		t.not(exitCode, 0, 'a volume that is mounted read-only is not written to');
		t.is((await exec(reader, ['cat', '/elsewhere/file'])).stdout, 'kept\n');
		await refused('conflict', name, async () => engine.removeVolume(name));
		await refused('conflict', name, async () => engine.removeVolume(name, {force: true}));
		const byVolume = await engine.containers({all: true, filters: {volume: [name]}});
		t.deepEqual(byVolume.map(({id}) => id).toSorted(), [writer, reader].toSorted());
		await engine.removeContainer(reader, {force: true});
		await engine.removeContainer(writer, {volumes: true});
		t.is((await engine.volume(name)).name, name, 'a named volume stays');
		await engine.removeVolume(name);
	});

	test('a volume that is not there is made, an anonymous one goes with its container when asked', async ({
		t,
		engine,
		create,
		uniqueName,
		undo,
		refused,
	}) => {
		const name = uniqueName('implied');
		undo.push(async () => engine.removeVolume(name, {force: true}));
		const mounts = [
			{type: 'volume', source: name, target: '/named', readOnly: false},
			{type: 'volume', source: '', target: '/anonymous', readOnly: false},
		] as const;
		const id = await create({command: ['true'], mounts});
		const container = await engine.container(id);
		const anonymous = container.mounts.find(({target}) => target === '/anonymous');
		const anonymousName = anonymous?.type === 'volume' ? anonymous.source : '';
		t.regex(anonymousName, /^[\da-f]{64}$/v);
		t.true((await engine.volume(anonymousName)).anonymous);
		t.false((await engine.volume(name)).anonymous);
		await engine.removeContainer(id, {volumes: true});
		await refused('not-found', anonymousName, async () => engine.volume(anonymousName));
		t.is((await engine.volume(name)).name, name);
	});

	if (!lacks.filledVolumes) {
		test('an empty volume gets the image\'s files, also one that was there before; with nocopy or content it stays as it is', async ({t, createVolume, create, run}) => {
			const {name: filled} = await createVolume();
			const {name: spared} = await createVolume();
			const mount = {type: 'volume', source: filled, target: '/etc', readOnly: false} as const;
			const {stdout: first} = await run('test -s /etc/passwd && echo filled; rm /etc/passwd; echo own > /etc/own', {mounts: [mount]});
			t.is(first, 'filled\n');
			await create({mounts: [{...mount, source: spared, noCopy: true}]});
			const {stdout: second} = await run('test -e /etc/passwd || cat /etc/own; test -e /spared/passwd || echo empty', {mounts: [
				mount,
				{...mount, source: spared, target: '/spared'},
			]});
			t.is(second, 'own\nempty\n');
		});
	}

	if (!lacks.subpaths) {
		test('a part of a volume is mounted alone, and options of other file systems are refused', async ({
			t,
			engine,
			createVolume,
			create,
			run,
			start,
			refused,
		}) => {
			const {name} = await createVolume();
			await run(
				'mkdir -p /all/part/deep; echo x > /all/part/deep/file; ln -s / /all/part/out',
				{mounts: [{type: 'volume', source: name, target: '/all', readOnly: false}]},
			);
			const mount = {type: 'volume', source: name, target: '/deep', readOnly: false, subpath: 'part/deep'} as const;
			t.is((await run('ls /deep; echo y > /deep/other', {mounts: [mount]})).stdout, 'file\n');
			t.is(
				(await run('cat /all/part/deep/other', {mounts: [{type: 'volume', source: name, target: '/all', readOnly: true}]})).stdout,
				'y\n',
			);
			await t.throwsAsync(start({mounts: [{...mount, subpath: 'part/none'}]}));
			await refused('invalid', '../up', async () => create({mounts: [{...mount, subpath: '../up'}]}));
			await refused(
				'unsupported',
				'nfs',
				async () => engine.createVolume({name: 'never', options: {type: 'nfs', o: 'addr=192.0.2.1', device: ':/x'}}),
			);
		});
	}

	test('a file system in memory, and a root that is only read', async ({t, run}) => {
		const {stdout, exitCode} = await run('echo x > /scratch/file && cat /scratch/file; echo x > /root/file || echo refused', {
			readOnlyRoot: true,
			mounts: [{type: 'tmpfs', target: '/scratch', readOnly: false, options: []}],
		});
		t.is(stdout, 'x\nrefused\n');
		t.is(exitCode, 0);
	});

	if (!shared) {
		test('prune takes unused anonymous volumes, and named ones when all are meant', async ({t, engine, createVolume, create}) => {
			const {name: named} = await createVolume();
			const {name: used} = await createVolume();
			const mounts = [
				{type: 'volume', source: used, target: '/used', readOnly: false},
				{type: 'volume', source: '', target: '/anonymous', readOnly: false},
			] as const;
			const id = await create({command: ['true'], mounts});
			const anonymous = (await engine.container(id)).mounts.find(({target}) => target === '/anonymous');
			const anonymousName = anonymous?.type === 'volume' ? anonymous.source : '';
			t.false((await engine.pruneVolumes()).removed.includes(anonymousName), 'one in use stays');
			await engine.removeContainer(id);
			t.deepEqual((await engine.pruneVolumes()).removed, [anonymousName]);
			const again = await create({command: ['true'], mounts: [mounts[0]]});
			const {removed} = await engine.pruneVolumes({all: true});
			t.true(removed.includes(named));
			t.false(removed.includes(used));
			await engine.removeContainer(again);
		});
	}
};
