import {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import test from 'ava';
import {createBuiltImages} from '../../../source/host/builder/built-images.js';
import type {DockerClient} from '../../../source/host/builder/docker-client.js';
import type {ImageStore} from '../../../source/host/images/storage.js';

const idOf = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** An engine and a builder, each with the names of its images by their ids. */
const openBoth = () => {
	const own = new Map<string, Set<string>>();
	const held = new Map<string, Set<string>>();
	const tag = (side: Map<string, Set<string>>, id: string, ...names: readonly string[]) => {
		for (const name of names) {
			for (const others of side.values()) {
				others.delete(name);
			}
		}

		side.set(id, new Set([...side.get(id) ?? [], ...names]));
	};

	const client = {
		async json(method: string, path: string) {
			if (method === 'GET') {
				return [...held].map(([id, names]) => ({Id: id, RepoTags: names.size === 0 ? null : [...names].map(name => name.replace('docker.io/library/', ''))}));
			}

			const name = decodeURIComponent(/^\/images\/(?<name>[^?]*)/v.exec(path)!.groups!.name!);
			for (const [id, names] of held) {
				if (id === name || (names.delete(`docker.io/library/${name}`) && names.size === 0)) {
					held.delete(id);
				}
			}

			return undefined;
		},
		request: async (_method: string, path: string) => Readable.from([path.split('/')[2]!]),
	};
	const store = {
		list: async () => [...own].map(([id, names]) => ({id, tags: [...names]})),
		async * load(tar: Readable) {
			tag(own, await text(tar));
			yield 'loaded';
		},
		async tag(id: string, name: string) {
			if (!own.has(id)) {
				throw new Error(`No such image: ${id}`);
			}

			tag(own, id, name);
		},
	};
	return {own, held, tag, built: createBuiltImages(client as unknown as DockerClient, store as unknown as ImageStore, () => undefined)};
};

const name = 'docker.io/library/name:latest';

test('an image that was removed from the engine comes again when it is built again, also with a name', async t => {
	const {own, held, tag, built} = openBoth();
	await built.synchronise({isBefore: true});
	tag(held, idOf('1'));
	await built.synchronise();
	t.true(own.delete(idOf('1')));
	await built.synchronise({isBefore: true});
	t.is(held.size, 0);
	tag(held, idOf('1'));
	await built.synchronise();
	t.true(own.delete(idOf('1')));
	tag(held, idOf('1'), name);
	await built.synchronise();
	t.deepEqual(own, new Map([[idOf('1'), new Set([name])]]));
});

test('the names of the engine count: those of removed and of other images leave the builder', async t => {
	const {own, held, tag, built} = openBoth();
	await built.synchronise({isBefore: true});
	tag(held, idOf('1'), name);
	await built.synchronise();
	tag(own, idOf('2'), name);
	await built.synchronise();
	t.is(held.size, 0);
});

test('a cleared builder has no images, and the engine keeps them', async t => {
	const {own, held, tag, built} = openBoth();
	await built.synchronise({isBefore: true});
	tag(held, idOf('1'), name);
	tag(held, idOf('2'));
	await built.synchronise();
	await built.clear();
	t.is(held.size, 0);
	await built.synchronise({isBefore: true});
	t.deepEqual(new Set(own.keys()), new Set([idOf('1'), idOf('2')]));
});
