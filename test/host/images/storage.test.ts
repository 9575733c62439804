import {execFileSync} from 'node:child_process';
import {
	mkdir,
	mkdtemp,
	readdir,
	rm,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Readable} from 'node:stream';
import {gzipSync} from 'node:zlib';
import {Buffer} from 'node:buffer';
import {setTimeout} from 'node:timers/promises';
import test from 'ava';
import {canHaveContainers} from '../../../source/host/images/buildah.js';
import {openImageStore} from '../../../source/host/images/storage.js';
import {pathsOf} from '../../../source/host/store/paths.js';
import {
	buildImage,
	collect,
	contextFor,
	directoryFor,
	hostTest,
	mountsBelow,
	storeFor,
} from './storage-helper.js';

const recipe = `FROM scratch
COPY busybox /bin/busybox
ENV COLOUR=green
EXPOSE 80/tcp
VOLUME /data
WORKDIR /data
USER 7:8
STOPSIGNAL SIGQUIT
SHELL ["/bin/bash", "-ec"]
ENTRYPOINT ["/bin/busybox"]
CMD ["true"]
`;

const bytesOf = async (stream: Readable): Promise<Buffer> => Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>));

hostTest('an image is listed, found, named and removed', ['buildah'], async t => {
	const {store, directory, paths} = await storeFor(t);
	t.deepEqual(await store.list(), []);
	await t.throwsAsync(store.get('app'), {code: 'not-found', message: 'No such image: app'});

	const context = await contextFor(directory, 'context', {Dockerfile: recipe});
	const id = await buildImage(store, context, {tags: ['app'], labels: {team: 'blue'}});
	const image = await store.get('app');
	t.is(image.id, id);
	t.deepEqual(image.tags, ['docker.io/library/app:latest']);
	t.deepEqual(image.configuration, {
		user: '7:8',
		environment: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'COLOUR=green'],
		entrypoint: ['/bin/busybox'],
		command: ['true'],
		workingDirectory: '/data',
		exposedPorts: ['80/tcp'],
		volumes: ['/data'],
		labels: {team: 'blue'},
		stopSignal: 'SIGQUIT',
		shell: ['/bin/bash', '-ec'],
	});
	t.true(image.sizeBytes > 500_000);

	// Compare with buildah's own output.
	const inspected = JSON.parse(execFileSync('buildah', ['--root', store.buildah.storage, '--runroot', path.join(paths.images, 'run'), '--storage-driver', store.buildah.driver, 'inspect', '--type', 'image', id.slice(7)], {encoding: 'utf8'})) as {FromImageDigest: string; Docker: {created: string; rootfs: {diff_ids: string[]}; history: unknown[]}};
	t.deepEqual(image.layers, inspected.Docker.rootfs.diff_ids);
	t.is(image.createdAt, Date.parse(inspected.Docker.created));
	t.is(image.history.length, inspected.Docker.history.length);
	t.deepEqual(image.digests, [`docker.io/library/app@${inspected.FromImageDigest}`]);

	await store.tag('app', 'team/app:1');
	const tagged = await store.get(id.slice(7, 19));
	t.deepEqual([...tagged.tags].toSorted(), ['docker.io/library/app:latest', 'docker.io/team/app:1']);
	const shown = await store.list();
	const all = await store.list({all: true});
	t.is(shown.length, 1);
	t.true(all.length > 5);

	await t.throwsAsync(store.remove(id), {code: 'conflict', message: /several repositories/v});
	t.deepEqual(await store.remove('app'), {untagged: ['app:latest'], deleted: []});
	await store.tag('team/app:1', 'again');
	const removed = await store.remove(id, {force: true});
	t.deepEqual([...removed.untagged].toSorted(), ['again:latest', 'team/app:1']);
	t.true(removed.deleted.includes(id));
	t.deepEqual(await store.list({all: true}), []);
	await t.throwsAsync(store.remove('app'), {code: 'not-found'});
});

hostTest('two engines share nothing', ['buildah'], async t => {
	const {store, directory} = await storeFor(t);
	await buildImage(store, await contextFor(directory, 'context', {Dockerfile: recipe}), {tags: ['app']});
	const other = await openImageStore(pathsOf(path.join(directory, 'other')));
	t.deepEqual(await other.list({all: true}), []);
});

hostTest('where overlay does not mount, storage falls back to copies', ['buildah', 'mke2fs'], async t => {
	const directory = await directoryFor(t);
	for (const name of ['lower', 'upper', 'work', 'merged']) {
		await mkdir(path.join(directory, name));
	}

	execFileSync('mount', ['-t', 'tmpfs', 'none', path.join(directory, 'work')]);
	await mkdir(path.join(directory, 'work/upper'));
	await mkdir(path.join(directory, 'work/work'));
	const options = `lowerdir=${directory}/lower,upperdir=${directory}/work/upper,workdir=${directory}/work/work`;
	execFileSync('mount', ['-t', 'overlay', '-o', options, 'none', path.join(directory, 'merged')]);
	const paths = pathsOf(path.join(directory, 'merged/engine'));
	const store = await openImageStore(paths);
	t.is(store.buildah.driver, 'vfs');
	const id = await buildImage(store, await contextFor(directory, 'context', {Dockerfile: recipe}), {tags: ['app']});
	t.is((await store.get('app')).id, id);
	const again = await openImageStore(paths);
	t.is(again.buildah.driver, 'vfs');
	t.is((await again.list()).length, 1);
});

hostTest('several images are saved into one archive and loaded from it', ['buildah'], async t => {
	const {store, directory} = await storeFor(t);
	const first = await buildImage(store, await contextFor(directory, 'first', {Dockerfile: recipe}), {tags: ['first', 'same:1']});
	const second = await buildImage(store, await contextFor(directory, 'second', {Dockerfile: `${recipe}COPY Dockerfile /\n`}), {tags: ['team/second:2']});
	const archive = await bytesOf(await store.save(['first', 'same:1', 'team/second:2']));
	await t.throwsAsync(store.save(['missing']), {code: 'not-found'});

	for (const [name, bytes] of [['plain', archive], ['gzip', gzipSync(archive)]] as const) {
		const other = await openImageStore(pathsOf(path.join(directory, name)));
		const steps = await collect(other.load(Readable.from([bytes], {objectMode: false})));
		t.deepEqual(steps.map(({text}) => text), ['Loaded image: first:latest\n', 'Loaded image: same:1\n', 'Loaded image: team/second:2\n']);
		t.is((await other.get('first')).id, first);
		t.is((await other.get('same:1')).id, first);
		t.is((await other.get('team/second:2')).id, second);
	}
});

hostTest('a saved id has no name, and an OCI archive is loaded too', ['buildah'], async t => {
	const {store, directory, paths} = await storeFor(t);
	const id = await buildImage(store, await contextFor(directory, 'context', {Dockerfile: recipe}), {tags: ['app']});
	const other = await openImageStore(pathsOf(path.join(directory, 'other')));
	const steps = await collect(other.load(await store.save([id])));
	t.deepEqual(steps, [{text: `Loaded image ID: ${id}\n`}]);
	t.deepEqual((await other.get(id)).tags, []);

	await store.buildah.run(['push', '--quiet', ...store.buildah.policyArguments, id.slice(7), `oci-archive:${paths.root}/oci.tar:docker.io/library/from-oci:1`]);
	const {createReadStream} = await import('node:fs');
	t.deepEqual(await collect(other.load(createReadStream(path.join(paths.root, 'oci.tar')))), [{text: 'Loaded image: from-oci:1\n'}]);
});

hostTest('an invalid archive is refused, and nothing is left of it', ['buildah'], async t => {
	const {store, paths} = await storeFor(t);
	for (const bytes of [Buffer.alloc(4096, 'no tar'), Buffer.alloc(1024), Buffer.from('xx')]) {
		await t.throwsAsync(collect(store.load(Readable.from([bytes], {objectMode: false}))), {code: 'invalid', message: /archive/v});
	}

	t.deepEqual(await readdir(path.join(paths.images, 'scratch')), []);
});

hostTest('saving ends when its reader stops', ['buildah'], async t => {
	const {store, directory, paths} = await storeFor(t);
	await buildImage(store, await contextFor(directory, 'context', {Dockerfile: recipe}), {tags: ['app']});
	const archive = await store.save(['app', 'app']);
	for await (const _ of archive) {
		break;
	}

	t.true(archive.destroyed);
	for (let attempt = 0; attempt < 100 && (await readdir(path.join(paths.images, 'scratch'))).length > 0; attempt++) {
		await setTimeout(50);
	}

	t.deepEqual(await readdir(path.join(paths.images, 'scratch')), []);
});

hostTest('a prune removes unnamed and unused images', ['buildah'], async t => {
	const {store, directory} = await storeFor(t);
	const used = await buildImage(store, await contextFor(directory, 'used', {Dockerfile: `${recipe}LABEL which=used\n`}));
	const nameless = await buildImage(store, await contextFor(directory, 'nameless', {Dockerfile: `${recipe}LABEL which=nameless\n`}));
	const named = await buildImage(store, await contextFor(directory, 'named', {Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n'}), {tags: ['named']});

	const first = await store.prune({inUse: [used]});
	t.deepEqual(first.removed, [nameless]);
	t.deepEqual((await store.list()).map(({id}) => id).toSorted(), [named, used].toSorted());

	const second = await store.prune({all: true, inUse: [used]});
	t.true(second.removed.includes('untagged: named:latest'));
	t.true(second.removed.includes(named));
	t.true(second.freedBytes > 0);
	t.deepEqual(await store.prune({all: true, inUse: [used]}), {removed: [], freedBytes: 0});
	const third = await store.prune({all: true, inUse: []});
	t.true(third.freedBytes > 500_000);
	t.deepEqual(await store.list({all: true}), []);
	t.deepEqual(mountsBelow(directory), []);
});

test('only a storage without working containers is left alone at the start', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-containers-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	t.false(await canHaveContainers(path.join(directory, 'none')));
	t.false(await canHaveContainers(directory));
	await writeFile(path.join(directory, 'containers.lock'), 'x');
	await writeFile(path.join(directory, 'containers.json'), '[]');
	t.false(await canHaveContainers(directory));
	for (const [name, text] of [['containers.json', '[{"id":"a"}]'], ['volatile-containers.json', '[{"id":"a"}]'], ['containers.json', ''], ['containers.json', '[{"id']] as const) {
		await writeFile(path.join(directory, 'containers.json'), '[]');
		await writeFile(path.join(directory, name), text);
		t.true(await canHaveContainers(directory), `${name}: ${text}`);
		await rm(path.join(directory, name));
	}

	await mkdir(path.join(directory, 'a'));
	t.true(await canHaveContainers(directory));
});

hostTest('working containers of a crashed engine are removed when its storage is opened', ['buildah'], async t => {
	const {store, paths, directory} = await storeFor(t);
	await buildImage(store, await contextFor(directory, 'context', {Dockerfile: 'FROM scratch\nCOPY file /file\n', file: 'text'}), {tags: ['app']});
	const {id} = await store.get('app');
	await store.buildah.run(['from', ...store.buildah.policyArguments, '--pull=never', '--name', 'holm-left', id.replace('sha256:', '')]);
	const containers = path.join(store.buildah.storage, `${store.buildah.driver}-containers`);
	t.true(await canHaveContainers(containers));
	await openImageStore(paths);
	t.false(await canHaveContainers(containers));
	t.is((await store.get('app')).id, id);
});
