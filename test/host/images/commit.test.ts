import {createWriteStream} from 'node:fs';
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {commitImage} from '../../../source/host/images/commit.js';
import {withImageMounted} from '../../../source/host/images/disk.js';
import {tarOf} from '../../contract/laboratory.js';
import {
	buildImage,
	contextFor,
	hostTest,
	mountsBelow,
	storeFor,
} from './storage-helper.js';

hostTest('a layer that wants to lead out of the image, and paths that would be removed elsewhere', ['buildah'], async t => {
	const {store, directory, paths} = await storeFor(t);
	const outside = path.join(directory, 'outside');
	await mkdir(outside);
	await writeFile(path.join(outside, 'precious'), 'precious');
	const context = await contextFor(directory, 'context', {Dockerfile: `FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "ln", "-s", "${outside}", "/link"]\nRUN ["/bin/busybox", "mkdir", "/kept", "/gone"]\n`});
	const base = await store.get(await buildImage(store, context));
	const commit = async (layer: string, removed: readonly string[]) => commitImage(store.buildah, {
		base, removed, layer, configuration: base.configuration, changes: [], author: '', comment: '',
	});
	const attempts = [
		tarOf([['link/new', 'x'], ['link/precious', 'overwritten']]),
		tarOf([['../../../../../../../..' + outside + '/up', 'x']]),
		tarOf([[`${outside}/absolute`, 'x']]),
		tarOf([['own', {type: 'symlink', linkname: outside}], ['own/through', 'x']]),
		tarOf([['hard', {type: 'link', linkname: 'link/precious'}], ['hard', 'overwritten']]),
		tarOf([['good', 'x']]),
	];
	for (const [index, tar] of attempts.entries()) {
		const layer = path.join(directory, `layer-${index}.tar`);
		await pipeline(tar, createWriteStream(layer));
		// Refusing the entry and unpacking it inside are both fine.
		await commit(layer, ['/link/precious', '/../outside/precious', '/gone', '/no/such', '/gone']).catch(() => undefined);
		t.deepEqual(await readdir(outside), ['precious'], `attempt ${index}`);
		t.is(await readFile(path.join(outside, 'precious'), 'utf8'), 'precious', `attempt ${index}`);
	}

	const id = await commit(path.join(directory, 'layer-5.tar'), ['/gone']);
	await withImageMounted(store.buildah, id, async root => {
		const names = await readdir(root);
		t.deepEqual(['gone', 'good', 'kept', 'link'].filter(name => names.includes(name)), ['good', 'kept', 'link']);
	});
	t.deepEqual(await readdir(path.join(paths.images, 'scratch')), []);
	t.deepEqual(mountsBelow(directory), []);
});

hostTest('a commit sets the health check of the container, word by word', ['buildah'], async t => {
	const {store, directory} = await storeFor(t);
	const context = await contextFor(directory, 'context', {Dockerfile: 'FROM scratch\nCOPY busybox /bin/busybox\nHEALTHCHECK --timeout=3s CMD true\n'});
	const base = await store.get(await buildImage(store, context));
	t.like(base.configuration.healthcheck, {test: ['CMD-SHELL', 'true'], timeoutMs: 3000});
	const layer = path.join(directory, 'layer.tar');
	await pipeline(tarOf([['good', 'x']]), createWriteStream(layer));
	for (const healthcheck of [
		{test: ['CMD-SHELL', 'echo "a  b" $HOME \'x\'; exit 1\n'], intervalMs: 1.5, timeoutMs: 3000, retries: 7},
		{test: ['CMD', 'cat', '/a b', ''], startPeriodMs: 60_000, timeoutMs: 3000},
		{test: ['NONE'], timeoutMs: 3000},
	]) {
		const id = await commitImage(store.buildah, {
			base, removed: [], layer, configuration: {...base.configuration, healthcheck}, changes: [], author: '', comment: '',
		});
		t.like((await store.get(id)).configuration.healthcheck, healthcheck);
	}
});
