import {formatReference, parseReference} from '../../source/rules/images/reference.js';
import type {ContractOptions, Register} from './laboratory.js';

/** Images: names, use, removal. */
export const testImages = (test: Register, {lacks = {}, shared = false}: ContractOptions): void => {
	test('an image is found by its name, id and beginning of the id', async ({t, engine, image, refused}) => {
		const found = await engine.image(image);
		t.regex(found.id, /^sha256:[\da-f]{64}$/v);
		t.true(found.tags.length > 0);
		t.deepEqual(found.tags.map(tag => formatReference(parseReference(tag))), found.tags, 'names are in full');
		t.true(found.sizeBytes > 0 && found.layers.length > 0 && found.history.length > 0 && found.architecture !== '' && found.os === 'linux');
		t.true(found.history.filter(({empty}) => !empty).length <= found.layers.length);
		for (const reference of [found.id, found.id.slice('sha256:'.length), found.id.slice('sha256:'.length, 'sha256:'.length + 16), found.tags[0]!]) {
			t.is((await engine.image(reference)).id, found.id);
		}

		const listed = await engine.images();
		t.true(listed.some(({id}) => id === found.id));
		t.deepEqual((await engine.images({filters: {reference: [image]}})).map(({id}) => id), [found.id]);
		t.deepEqual(await engine.images({filters: {reference: ['no-such-image-at-all']}}), []);
		t.false((await engine.images({filters: {dangling: ['true']}})).some(({id}) => id === found.id));
		await refused('not-found', 'No such image: no-such-image', async () => engine.image('no-such-image'));
		await refused('invalid', 'Not/A', async () => engine.image('Not/A reference'));
		await refused('invalid', 'colour', async () => engine.images({filters: {colour: ['red']}}));
	});

	test('names are added and removed, and the image stays', async ({t, engine, image, uniqueName, undo, refused}) => {
		const name = `${uniqueName('tagged')}:one`;
		undo.push(async () => {
			await engine.removeImage(name);
		});
		const {id} = await engine.image(image);
		await engine.tagImage(image, name);
		t.is((await engine.image(name)).id, id);
		t.true((await engine.image(id)).tags.some(tag => tag.endsWith(name)));
		await engine.tagImage(image, name);
		const {untagged, deleted} = await engine.removeImage(name);
		t.deepEqual(untagged, [name]);
		t.deepEqual(deleted, []);
		t.is((await engine.image(image)).id, id);
		await refused('not-found', name, async () => engine.removeImage(name));
		await refused('not-found', 'no-such-image', async () => engine.tagImage('no-such-image', name));
		await refused('invalid', 'team/UPPER', async () => engine.tagImage(image, 'team/UPPER'));
	});

	test('an image in use is not removed', async ({t, engine, derive, create, start, refused, uniqueName}) => {
		const tag = `${uniqueName('used')}:1`;
		const imageId = await derive(tag, [`LABEL a=${tag}`]);
		const name = uniqueName('user');
		const id = await create({name, image: tag, command: ['true']});
		await refused('conflict', new RegExp(`${name}|${id.slice(0, 12)}`, 'v'), async () => engine.removeImage(tag));
		await engine.removeContainer(id);
		const running = await start({image: tag});
		await refused('conflict', /container/v, async () => engine.removeImage(imageId, {force: true}));
		await engine.removeContainer(running, {force: true});
		const {untagged, deleted} = await engine.removeImage(tag);
		t.deepEqual(untagged, [tag]);
		t.true(deleted.includes(imageId.startsWith('sha256:') ? imageId : `sha256:${imageId}`));
	});

	if (!shared) {
		test('prune takes nameless images, and unused ones when all are meant', async ({t, engine, image, derive, create, uniqueName}) => {
			const tag = `${uniqueName('pruned')}:1`;
			const first = await derive(tag, [`LABEL turn=one-${tag}`]);
			await derive(tag, [`LABEL turn=two-${tag}`]);
			const {id} = await engine.image(tag);
			await create({image, command: ['true']});
			const {removed} = await engine.pruneImages();
			t.true(removed.some(item => item.includes(first.replace('sha256:', ''))), JSON.stringify(removed));
			t.is((await engine.image(tag)).id, id);
			await create({image: tag, command: ['true']});
			await engine.pruneImages({filters: {label: [`turn=two-${tag}`]}});
			t.is((await engine.image(tag)).id, id, 'one with a container stays');
		});
	}
};
