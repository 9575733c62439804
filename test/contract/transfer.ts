import {Buffer} from 'node:buffer';
import {Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import type {Lacks, Register} from './laboratory.js';

/** Images from and to archives and registries. */
export const testTransfer = (test: Register, lacks: Lacks): void => {
	test('images are saved and loaded again', async ({t, engine, derive, create, output, uniqueName, refused}) => {
		const [one, two] = [`${uniqueName('saved')}:1`, `${uniqueName('saved')}:2`];
		await derive(one, ['CMD ["cat", "/file"]'], {file: `in ${one}\n`});
		await derive(two, [`LABEL two=${two}`]);
		const before = await engine.image(one);
		const platform = `${before.os}/${before.architecture}`;
		const archive = await buffer(await engine.saveImages([one, two], lacks.platforms ? {} : {platform}));
		if (!lacks.platforms) {
			await refused('not-found', `no suitable export target found for platform linux/other: image with reference ${two}`, async () => engine.saveImages([two], {platform: 'linux/other'}));
			await refused('invalid', 'a b', async () => engine.saveImages([two], {platform: 'a b/c'}));
			await refused('not-found', `image with reference ${one} was found but does not provide the specified platform (linux/other)`, async () => engine.removeImage(one, {platforms: ['linux/other']}));
		}

		await engine.removeImage(one, lacks.platforms ? {} : {platforms: [platform]});
		await engine.removeImage(two);
		if (!lacks.platforms) {
			await refused('not-found', `no suitable image found for platform linux/other: the archive has ${one} for ${platform}`, async () => Array.fromAsync(engine.loadImages(Readable.from([archive]), {platform: 'linux/other'})));
			await refused('not-found', one, async () => engine.image(one));
		}

		const steps = await Array.fromAsync(engine.loadImages(Readable.from([archive]), lacks.platforms ? {} : {platform}));
		const printed = steps.map(({text = ''}) => text).join('');
		t.true(printed.includes(one) && printed.includes(two), printed);
		const after = await engine.image(one);
		t.deepEqual(after.configuration, before.configuration);
		t.is(after.id, before.id);
		const id = await create({image: one});
		await engine.startContainer(id);
		await engine.waitContainer(id);
		t.is((await output(id)).stdout, `in ${one}\n`);
	});

	test('what is no archive is refused', async ({engine, refused}) => {
		await refused('invalid', /archive/v, async () => Array.fromAsync(engine.loadImages(Readable.from([Buffer.alloc(1024, 'this is no tar')]))));
		await refused('not-found', 'no-such-image', async () => engine.saveImages(['no-such-image']));
	});

	if (!lacks.registry) {
		test('an image that the registry does not know is not pulled', async ({engine, refused}) => {
			await refused('not-found', 'no-such-image-at-all', async () => Array.fromAsync(engine.pullImage('no-such-image-at-all:never')));
			await refused('not-found', 'no-such-image-at-all', async () => engine.registryImage('no-such-image-at-all:never'));
		});
	}
};
