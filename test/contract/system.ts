import type {ContractOptions, Register} from './laboratory.js';

/** Information about the engine as a whole. */
export const testSystem = (test: Register, {shared = false}: ContractOptions): void => {
	test('version and information', async ({t, engine, start}) => {
		const version = await engine.version();
		t.true(version.name !== '' && version.version !== '' && version.os === 'linux' && version.architecture !== '');
		t.regex(version.apiVersion, /^1\.\d+$/v);
		const before = await engine.info();
		t.true(before.id !== '' && before.cpus >= 1 && before.memoryBytes > 0);
		await start();
		const after = await engine.info();
		t.is(after.id, before.id);
		t.is(after.containers, after.running + after.paused + after.stopped);
		if (!shared) {
			t.is(after.running, before.running + 1);
			t.is(after.images, (await engine.images({all: true})).length);
		}
	});

	test('what is on the disk', async ({t, engine, image, run, createVolume}) => {
		const {name} = await createVolume();
		const {id} = await run('echo data > /data/file; echo more > /root/file', {mounts: [{type: 'volume', source: name, target: '/data', readOnly: false}]});
		const {images, containers, volumes} = await engine.diskUsage();
		const {id: imageId} = await engine.image(image);
		t.true(images.find(item => item.image.id === imageId)!.containers >= 1);
		t.true(containers.find(({container}) => container.id === id)!.bytes >= 0);
		t.true(volumes.find(({volume}) => volume.name === name)!.bytes > 0);
		t.is(volumes.find(({volume}) => volume.name === name)!.containers, 1);
	});

	if (!shared) {
		test('prune takes what is not used, and nothing else', async ({t, engine, create, start, createNetwork, uniqueName}) => {
			const label = uniqueName('label');
			const [kept, unused] = [await createNetwork(), await createNetwork()];
			const running = await start({networks: [{network: kept.name, aliases: []}]});
			const labelled = await create({command: ['true'], labels: {[label]: 'x'}});
			const plain = await create({command: ['true']});
			t.deepEqual((await engine.pruneContainers({label: [label]})).removed, [labelled]);
			const {removed} = await engine.pruneContainers();
			t.true(removed.includes(plain) && !removed.includes(running));
			const networks = await engine.pruneNetworks();
			t.true(networks.removed.includes(unused.name) && !networks.removed.includes(kept.name) && !networks.removed.includes('bridge'));
			t.deepEqual((await engine.containers({all: true, filters: {id: [running]}})).map(({id}) => id), [running]);
			t.is((await engine.network(kept.id)).id, kept.id);
		});
	}
};
