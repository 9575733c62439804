import {createWriteStream} from 'node:fs';
import {mkdir, readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {commitImage} from '../../../source/host/images/commit.js';
import {withImageMounted} from '../../../source/host/images/disk.js';
import {tarOf} from '../../contract/laboratory.js';
import {
	buildImage,
	contextFor,
	hostTest,
	storeFor,
} from './storage-helper.js';

hostTest('the triggers of an image are not executed for a container of it, nor for a commit', ['buildah'], async t => {
	const {store, directory} = await storeFor(t);
	const outside = path.join(directory, 'outside');
	await mkdir(outside);
	await writeFile(path.join(outside, 'secret'), 'of the host');
	const base = await buildImage(store, await contextFor(directory, 'base', {
		Dockerfile: 'FROM scratch\nCOPY busybox /bin/busybox\nENV A=b\nUSER 1000\nHEALTHCHECK --timeout=3s CMD true\n',
	}), {tags: ['base']});
	const triggers = [`COPY ${outside}/secret /leak`, `ADD ${outside} /`, 'RUN ["/bin/busybox", "touch", "/ran"]', 'ENV A=changed'];
	const id = await buildImage(store, await contextFor(directory, 'triggers', {
		Dockerfile: `FROM base\n${triggers.map(trigger => `ONBUILD ${trigger}\n`).join('')}`,
	}), {tags: ['triggers']});
	t.not(id, base);
	const before = await store.list();
	const namesIn = async (image: string) => withImageMounted(store.buildah, image, async root => readdir(root));
	const expected = await namesIn(base);
	t.deepEqual(await namesIn(id), expected);
	t.deepEqual(await Promise.all([namesIn(id), namesIn(id)]), [expected, expected], 'two at once');
	t.deepEqual(await store.list(), before, 'no image is left');

	const image = await store.get('triggers');
	const layer = path.join(directory, 'layer.tar');
	await pipeline(tarOf([['good', 'x']]), createWriteStream(layer));
	const committed = await store.get(await commitImage(store.buildah, {
		base: image, removed: [], layer, configuration: image.configuration, changes: [], author: '', comment: '',
	}));
	const {onBuild, ...configuration} = image.configuration;
	t.is(onBuild?.length, triggers.length);
	t.deepEqual(committed.configuration, configuration, 'as in Docker, a commit has no triggers');
	t.deepEqual(committed.layers.slice(0, -1), image.layers);
	t.deepEqual(new Set(await namesIn(committed.id)), new Set([...expected, 'good']));
	t.is((await store.list()).length, before.length + 1);
});
