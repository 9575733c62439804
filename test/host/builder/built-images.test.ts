import {Readable} from 'node:stream';
import test from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import type {Image} from '../../../source/engine/resources.js';
import {createBuiltImages, heldIn, imagesToGive} from '../../../source/host/builder/built-images.js';
import type {DockerClient} from '../../../source/host/builder/docker-client.js';
import type {ImageSource} from '../../../source/host/images/assemble.js';
import type {ImageStore} from '../../../source/host/images/storage.js';

const idOf = (digit: string) => `sha256:${digit.repeat(64)}`;

const full = (name: string) => `docker.io/library/${name}`;

test('what the builder lists is taken only as far as it is an image with names', t => {
	const {tags, ids} = heldIn([
		{Id: idOf('a'), RepoTags: ['one:1', '<none>:<none>', '../etc:x', 5, 'UPPER']},
		{Id: idOf('b'), RepoTags: null},
		{Id: '/etc/passwd', RepoTags: ['two:2']},
		null,
		{},
	]);
	t.deepEqual([...tags], [[full('one:1'), idOf('a')]]);
	t.deepEqual([...ids], [idOf('a'), idOf('b')]);
	t.deepEqual(heldIn('no list').ids, new Set());
});

test('what only the engine has is given to the builder, and small images that it could pull', t => {
	const mebibyte = 1024 ** 2;
	const image = (digit: string, tags: readonly string[], sizeMebibytes: number, digests: readonly string[] = []) =>
		({id: idOf(digit), tags, digests: digests.map(name => `${name}@${idOf('f')}`), sizeBytes: sizeMebibytes * mebibyte});
	const pulled = (digit: string, sizeMebibytes: number) => image(digit, [`registry.example/${digit}:1`], sizeMebibytes, [`registry.example/${digit}`]);
	t.deepEqual([...imagesToGive([
		pulled('1', 900),
		pulled('2', 500),
		pulled('3', 300),
		image('4', ['registry.example/own:1', full('own:1')], 5000),
		image('5', ['localhost:5000/app:1'], 5000, ['localhost:5000/app']),
		image('6', ['registry.example/6:1', 'other.example/6:1'], 6000, ['registry.example/6']),
		image('7', [full('only-hub:1')], 1),
		image('8', [], 1),
	])].toSorted(([a], [b]) => a < b ? -1 : 1), [
		[idOf('2'), ['registry.example/2:1']],
		[idOf('3'), ['registry.example/3:1']],
		[idOf('4'), ['registry.example/own:1']],
		[idOf('5'), ['localhost:5000/app:1']],
		[idOf('6'), ['registry.example/6:1', 'other.example/6:1']],
	]);
});

/** An engine and a builder, each a map of names to ids. Images without a name are in the sets. */
const pairOf = (failure?: Error) => {
	const engine = {tags: new Map<string, string>(), ids: new Set<string>()};
	const builder = {tags: new Map<string, string>(), ids: new Set<string>()};
	const said: string[] = [];
	const images = (held: typeof engine) => [...new Set([...held.ids, ...held.tags.values()])].map(id => ({
		id, tags: [...held.tags].filter(([, other]) => other === id).map(([tag]) => tag), digests: [], sizeBytes: 1,
	}));
	/** By its id with all names, or only a name; as in Docker, an image goes with its last name. */
	const remove = ({tags, ids}: typeof engine, name: string) => {
		ids.delete(name);
		for (const [tag, id] of tags) {
			if (id === name || tag === full(name) || tag === name) {
				tags.delete(tag);
			}
		}
	};

	const client = {
		async request(_method: string, path: string) {
			said.push(`get ${path.split('/')[2]!.slice(7, 8)}`);
			return Readable.from([path.split('/')[2]!]);
		},
		async json(method: string, path: string) {
			const {pathname, searchParams} = new URL(path, 'http://builder');
			if (method === 'DELETE') {
				const name = decodeURIComponent(path.split('/')[2]!.split('?')[0]!);
				said.push(`untag ${name}`);
				remove(builder, name);
			} else if (pathname.endsWith('/tag')) {
				const id = pathname.split('/')[2]!;
				if (!images(builder).some(image => image.id === id)) {
					throw new Error(`No such image: ${id}`);
				}

				said.push(`tag ${searchParams.get('repo')}:${searchParams.get('tag')}`);
				builder.tags.set(`${searchParams.get('repo')}:${searchParams.get('tag')}`, id);
			} else if (method === 'POST') {
				const hex = searchParams.get('fromImage')!.split('/').at(-1)!;
				said.push(`pull ${hex.slice(0, 1)}`);
				builder.tags.set(`${searchParams.get('fromImage')}:latest`, `sha256:${hex}`);
			}

			return images(builder).map(({id, tags}) => ({Id: id, RepoTags: tags}));
		},
	} as unknown as DockerClient;
	const store = {
		list: async () => images(engine) as unknown as readonly Image[],
		async * load(archive: Readable) {
			const [id] = await archive.toArray() as [string];
			engine.ids.add(id);
			yield {};
		},
		async tag(id: string, tag: string) {
			if (!images(engine).some(image => image.id === id)) {
				throw new Error(`No such image: ${id}`);
			}

			engine.tags.set(tag, id);
		},
		async assemble(id: string) {
			if (failure) {
				throw failure;
			}

			said.push(`take ${id.slice(7, 8)}`);
			engine.ids.add(id);
		},
	} as unknown as ImageStore;
	return {
		engine,
		builder,
		said,
		remove,
		store: store as {load: ImageStore['load']},
		built: createBuiltImages({
			client,
			images: store,
			sourceOf: () => ({} as unknown as ImageSource),
			onTag(id, name) {
				said.push(`${name} is ${id.slice(7, 8)}`);
			},
			async onGiven(id) {
				said.push(`given ${id.slice(7, 8)}`);
			},
			log(line) {
				said.push(line);
			},
		}),
	};
};

test('results come to the engine with their names, once', async t => {
	const {engine, builder, said, built} = pairOf();
	builder.tags.set(full('old:1'), idOf('0'));
	await built.synchronise({isBefore: true});
	// What was there before belongs to nobody any more.
	t.deepEqual(said.splice(0), ['untag old:1', `untag ${idOf('0')}`]);
	builder.tags.set(full('new:1'), idOf('1'));
	builder.ids.add(idOf('2'));
	await built.synchronise();
	await built.synchronise();
	t.deepEqual(said, ['take 2', 'take 1', 'new:1 is 1']);
	t.deepEqual([...engine.tags], [[full('new:1'), idOf('1')]]);
	t.true(engine.ids.has(idOf('2')));
});

test('a result whose layers cannot be read comes as a whole, but not to a full disk', async t => {
	const {engine, builder, said, built} = pairOf(new Error('no such file'));
	await built.synchronise();
	builder.ids.add(idOf('1'));
	await built.synchronise();
	t.deepEqual(said, ['the builder gives an image as a whole: no such file', 'get 1']);
	t.true(engine.ids.has(idOf('1')));
	const other = pairOf(new HolmError('unavailable', 'the disk is full'));
	await other.built.synchronise();
	other.builder.ids.add(idOf('1'));
	await t.throwsAsync(other.built.synchronise(), {code: 'unavailable'});
	t.deepEqual(other.said, []);
});

test('a result that cannot be taken is an error once, and does not hold up later builds', async t => {
	const {engine, builder, said, store, built} = pairOf(new Error('no such file'));
	// eslint-disable-next-line require-yield
	store.load = async function * () {
		throw new HolmError('invalid', 'no archive');
	};

	await built.synchronise({isBefore: true});
	builder.tags.set(full('bad:1'), idOf('1'));
	await t.throwsAsync(built.synchronise(), {message: 'the engine cannot take the built image 111111111111: no archive'});
	said.length = 0;
	await built.synchronise({isBefore: true});
	t.deepEqual(said, ['the builder gives an image as a whole: no such file', 'get 1', 'a result of the builder is dropped: the engine cannot take the built image 111111111111: no archive', 'untag bad:1', `untag ${idOf('1')}`]);
	t.is(builder.tags.size + engine.tags.size, 0);
	await built.synchronise();
	t.is(said.length, 5);
});

test('a name that means another image in the engine is removed from the builder, and one of another registry is given', async t => {
	const {engine, builder, said, built} = pairOf();
	await built.synchronise();
	builder.tags.set(full('base:1'), idOf('1'));
	await built.synchronise();
	engine.tags.set(full('base:1'), idOf('2'));
	engine.tags.set('registry.example/team/base:1', idOf('2'));
	said.length = 0;
	await built.synchronise({isBefore: true});
	const name = `127.0.0.1:60443/holm/by-id/${'2'.repeat(64)}:latest`;
	t.deepEqual(said, ['untag base:1', 'pull 2', 'tag registry.example/team/base:1', `untag ${name}`, 'given 2']);
	await built.synchronise({isBefore: true});
	t.is(said.length, 5);
	// An image that the builder has only needs its other name.
	engine.tags.set('registry.example/team/other:1', idOf('2'));
	await built.synchronise({isBefore: true});
	t.deepEqual(said.slice(5), ['tag registry.example/team/other:1']);
	t.is(engine.tags.get(full('base:1')), idOf('2'));
});

test('an image that was removed from the engine comes again when it is built again, also with a name', async t => {
	const {engine, builder, remove, built} = pairOf();
	await built.synchronise({isBefore: true});
	builder.ids.add(idOf('1'));
	await built.synchronise();
	t.true(engine.ids.has(idOf('1')));
	remove(engine, idOf('1'));
	await built.synchronise({isBefore: true});
	t.is(builder.ids.size, 0);
	builder.ids.add(idOf('1'));
	await built.synchronise();
	t.true(engine.ids.has(idOf('1')));
	remove(engine, idOf('1'));
	builder.tags.set(full('name:latest'), idOf('1'));
	await built.synchronise();
	t.deepEqual([...engine.ids, ...engine.tags], [idOf('1'), [full('name:latest'), idOf('1')]]);
});

test('the names of the engine count: those of removed and of other images leave the builder', async t => {
	const {engine, builder, built} = pairOf();
	await built.synchronise({isBefore: true});
	builder.tags.set(full('name:latest'), idOf('1'));
	await built.synchronise();
	engine.tags.set(full('name:latest'), idOf('2'));
	await built.synchronise();
	t.is(builder.tags.size, 0);
});

test('a cleared builder has no images, and the engine keeps them', async t => {
	const {engine, builder, built} = pairOf();
	await built.synchronise({isBefore: true});
	builder.tags.set(full('name:latest'), idOf('1'));
	builder.ids.add(idOf('2'));
	await built.synchronise();
	await built.clear();
	t.is(builder.tags.size + builder.ids.size, 0);
	await built.synchronise({isBefore: true});
	t.deepEqual(engine.ids, new Set([idOf('2'), idOf('1')]));
});
