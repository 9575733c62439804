import type {Register} from './laboratory.js';

/** All resources at one moment. */
export const testSnapshot = (test: Register): void => {
	test('a snapshot has everything at one moment, statistics where they are asked for', async ({t, engine, image, start, create, createNetwork, createVolume}) => {
		const {id: network, name} = await createNetwork();
		const {name: volume} = await createVolume();
		const running = await start({networks: [{network: name, aliases: []}]});
		const resting = await create({command: ['true']});
		const snapshot = await engine.snapshot({stats: true});
		t.true(Math.abs(snapshot.readAt - Date.now()) < 60_000);
		const containers = snapshot.containers.filter(({id}) => id === running || id === resting);
		t.deepEqual(containers.map(({id, status}) => [id, status.state]), [[resting, 'created'], [running, 'running']]);
		t.is(snapshot.networks.find(({id}) => id === network)?.leases[0]?.containerId, running);
		t.true(snapshot.networks.some(found => found.name === 'bridge'));
		t.true(snapshot.volumes.some(found => found.name === volume));
		const {id: imageId} = await engine.image(image);
		t.true(snapshot.images.some(({id}) => id === imageId));
		t.true(snapshot.stats[running]!.memoryBytes > 0);
		t.is(snapshot.stats[resting], undefined);
		t.deepEqual((await engine.snapshot()).stats, {});
	});
};
