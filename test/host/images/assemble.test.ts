import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {text} from 'node:stream/consumers';
import {Readable} from 'node:stream';
import test from 'ava';
import {pack} from 'tar-stream';
import {layersOf, type ImageSource} from '../../../source/host/images/assemble.js';
import {hostTest, storeFor} from './storage-helper.js';

const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const tarOf = async (name: string, content: string): Promise<Uint8Array> => {
	const tar = pack();
	tar.entry({name}, content);
	tar.finalize();
	return Buffer.concat(await Array.fromAsync(Readable.from(tar) as AsyncIterable<Uint8Array>));
};

const configurationOf = (layers: readonly Uint8Array[], command: string) => Buffer.from(JSON.stringify({
	architecture: 'amd64', os: 'linux', config: {Cmd: [command]}, rootfs: {type: 'layers', diff_ids: layers.map(layer => digestOf(layer))}, history: [],
}));

/** Gives the parts of an image, and notes which layers are asked for. */
const sourceOf = (configuration: Uint8Array, layers: readonly Uint8Array[]) => {
	const asked: string[] = [];
	const source: ImageSource = {
		configuration: async () => configuration,
		async open(wanted) {
			asked.push(...wanted.map(({diffId}) => diffId));
			const found = wanted.map(({diffId}) => layers.find(layer => digestOf(layer) === diffId) ?? layers[0]!);
			return {sizes: found.map(layer => layer.length), read: index => Readable.from([found[index]!]), close() {}};
		},
	};
	return {source, asked};
};

test('the chain of a layer is the digest of the chain below it and of the layer', t => {
	const [one, two] = ['1', '2'].map(digit => `sha256:${digit.repeat(64)}`) as [string, string];
	t.deepEqual(layersOf(Buffer.from(JSON.stringify({rootfs: {diff_ids: [one, two]}}))), [{diffId: one, chainId: one}, {diffId: two, chainId: digestOf(`${one} ${two}`)}]);
	for (const none of ['{"rootfs":{"diff_ids":[]}}', '{"rootfs":{"type":"layers"}}', '{"rootfs":{"type":"layers","diff_ids":null}}']) {
		t.deepEqual(layersOf(Buffer.from(none)), []);
	}

	for (const other of ['', '5', 'null', '{}', '{"rootfs":{"diff_ids":["../etc"]}}', `{"rootfs":{"diff_ids":${JSON.stringify(Array.from({length: 1001}, () => one))}}}`]) {
		t.throws(() => layersOf(Buffer.from(other)), {code: 'invalid'});
	}
});

hostTest('an image is made of its parts, and layers that are there are not read again', ['buildah'], async t => {
	const {store} = await storeFor(t);
	const layers = await Promise.all(['one', 'two', 'three'].map(async name => tarOf(name, `${name}\n`.repeat(5000))));
	const base = configurationOf(layers.slice(0, 2), 'base');
	const first = sourceOf(base, layers);
	await store.assemble(digestOf(base), first.source);
	t.deepEqual(first.asked, layers.slice(0, 2).map(layer => digestOf(layer)));

	// In another order, and one of them twice.
	const chosen = [layers[1]!, layers[2]!, layers[0]!, layers[1]!];
	const top = configurationOf(chosen, 'top');
	const second = sourceOf(top, layers);
	await store.assemble(digestOf(top), second.source);
	t.deepEqual(second.asked, [digestOf(layers[2]!)]);
	const image = await store.get(digestOf(top));
	t.deepEqual([image.tags, image.layers, image.configuration.command], [[], chosen.map(layer => digestOf(layer)), ['top']]);
	t.true(image.sizeBytes >= chosen.reduce((sum, layer) => sum + layer.length, 0));
	// Buildah packs every layer again and checks its digest.
	t.regex(await text(await store.save([digestOf(top)])), /three\nthree\n/v);
});

hostTest('parts that are not what their digests say make no image', ['buildah'], async t => {
	const {store} = await storeFor(t);
	const layer = await tarOf('one', 'one\n');
	const configuration = configurationOf([layer], 'a');
	const id = digestOf(configuration);
	await t.throwsAsync(store.assemble(id, sourceOf(Buffer.from('{}'), [layer]).source), {code: 'invalid', message: /configuration is not what its digest says/v});
	const other = await tarOf('two', 'two\n');
	await t.throwsAsync(store.assemble(id, sourceOf(configuration, [other]).source), {code: 'invalid', message: /layer [\da-f]{12} is not what its digest says/v});
	const {source} = sourceOf(configuration, [layer]);
	await t.throwsAsync(store.assemble(id, {
		...source, open: async wanted => ({...await source.open(wanted), sizes: [2 ** 60]}),
	}), {code: 'unavailable', message: /the disk is full/v});
	t.deepEqual(await store.list({all: true}), []);
	await store.assemble(id, source);
	t.is((await store.get(id)).id, id);
});

hostTest('a layer that has gone since it was found is noticed', ['buildah'], async t => {
	const {store} = await storeFor(t);
	const layers = await Promise.all(['one', 'two'].map(async name => tarOf(name, `${name}\n`)));
	const base = configurationOf(layers.slice(0, 1), 'base');
	await store.assemble(digestOf(base), sourceOf(base, layers).source);
	const top = configurationOf(layers, 'top');
	const {source} = sourceOf(top, layers);
	await t.throwsAsync(store.assemble(digestOf(top), {
		...source,
		async open(wanted) {
			await store.remove(digestOf(base));
			return source.open(wanted);
		},
	}));
	t.deepEqual(await store.list({all: true}), []);
});
