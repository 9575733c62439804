import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readdir, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import path from 'node:path';
import {setTimeout} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {exactReference, parseReference} from '../../../source/rules/images/reference.js';
import {pullError} from '../../../source/host/images/transfer.js';
import {openImageStore} from '../../../source/host/images/storage.js';
import {pathsOf} from '../../../source/host/store/paths.js';
import {
	buildImage,
	collect,
	contextFor,
	hostTest,
	storeFor,
} from './storage-helper.js';

const freePort = async (): Promise<number> => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as {port: number};
	server.close();
	await once(server, 'close');
	return port;
};

// Bcrypt of `opensesame`, the only hash that the registry takes.
const passwords = 'alice:$2b$05$abcdefghijklmnopqrstuuQbLfdQZSxZ9gjhA5V9o8Tyc6aQRO0Qi\n';

/** A real registry on a loopback port, until the test ends. */
const registryFor = async (t: ExecutionContext, directory: string, {locked = false} = {}): Promise<string> => {
	const port = await freePort();
	const home = path.join(directory, `registry-${port}`);
	await mkdir(home);
	await writeFile(path.join(home, 'passwords'), passwords);
	await writeFile(path.join(home, 'configuration.yml'), [
		'version: 0.1',
		`storage: {filesystem: {rootdirectory: ${JSON.stringify(path.join(home, 'data'))}}}`,
		`http: {addr: "127.0.0.1:${port}"}`,
		'log: {level: error, accesslog: {disabled: true}}',
		...(locked ? [`auth: {htpasswd: {realm: test, path: ${JSON.stringify(path.join(home, 'passwords'))}}}`] : []),
	].join('\n'));
	const child = spawn('docker-registry', ['serve', path.join(home, 'configuration.yml')], {stdio: 'ignore'});
	t.teardown(async () => {
		child.kill('SIGKILL');
		if (child.exitCode === null && child.signalCode === null) {
			await once(child, 'close');
		}
	});
	for (let attempt = 0; attempt < 200; attempt++) {
		const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
		if (answer) {
			break;
		}

		await setTimeout(50);
	}

	return `127.0.0.1:${port}`;
};

const firstOf = async (steps: AsyncIterable<unknown>): Promise<unknown> => (await steps[Symbol.asyncIterator]().next()).value as unknown;

const programs = ['buildah', 'docker-registry'];

hostTest('an image goes to a registry and comes back', programs, async t => {
	const {store, directory} = await storeFor(t);
	const registry = await registryFor(t, directory);
	const name = `${registry}/team/app:1`;
	const id = await buildImage(store, await contextFor(directory, 'context', {Dockerfile: 'FROM scratch\nCOPY busybox /bin/busybox\n'}), {tags: ['app']});
	await store.tag('app', name);
	const pushed = await collect(store.push(name));
	const digest = /^1: digest: (?<digest>sha256:[\da-f]{64})$/v.exec(pushed.at(-1)?.status ?? '')?.groups?.digest;
	t.truthy(digest);
	t.true(pushed.some(({id: layer, status}) => /^[\da-f]{12}$/v.test(layer ?? '') && status === 'Pushing'));
	await t.throwsAsync(collect(store.push(id)), {code: 'invalid'});

	t.like(await store.inRegistry(name), {digest, platforms: [`linux/${(await store.get('app')).architecture}`]});

	const other = await openImageStore(pathsOf(path.join(directory, 'other')));
	const pulled = await collect(other.pull(name));
	t.is((await other.get(name)).id, id);
	t.is(pulled.at(-1)?.status, `Status: Downloaded newer image for ${name}`);
	t.true(pulled.some(({status}) => status === `Digest: ${digest}`));
	const again = await collect(other.pull(name, {platform: 'linux/amd64'}));
	t.is(again.at(-1)?.status, `Status: Image is up to date for ${name}`);

	const third = await openImageStore(pathsOf(path.join(directory, 'third')));
	await collect(third.pull(`${registry}/team/app@${digest}`));
	t.is((await third.get(`${registry}/team/app@${digest}`)).id, id);
	t.deepEqual((await third.list()).map(({tags}) => tags), [[]]);
	t.deepEqual((await third.remove(id)).deleted, [id]);
});

test('a failed pull has Docker\'s words for an image that does not exist', t => {
	const of = (name: string, message: string) => pullError(exactReference(parseReference(name)), new Error(message));
	const denied = of('nothing', 'initializing source docker://nothing:latest: reading manifest latest in docker.io/library/nothing: requested access to the resource is denied');
	t.like(denied, {code: 'not-found', remedy: 'holm login'});
	t.regex(denied.message, /^Cannot pull nothing:latest: pull access denied for nothing, repository does not exist or may require a login: .* is denied$/v);
	const unknown = of('a.example/team/app:2', 'reading manifest 2 in a.example/team/app: manifest unknown: manifest unknown');
	t.like(unknown, {code: 'not-found'});
	t.regex(unknown.message, /^Cannot pull a\.example\/team\/app:2: manifest for a\.example\/team\/app:2 not found: reading manifest/v);
	t.regex(of('app', 'reading manifest 2 in docker.io/library/app: name unknown').message, /: repository app not found: does not exist or no pull access: /v);
	t.like(of('app', 'reading manifest latest in docker.io/library/app: unauthorized: authentication required'), {code: 'forbidden'});
	t.like(of('app', 'pinging container registry a.example: dial tcp: i/o timeout'), {code: 'unavailable'});
});

hostTest('a registry that denies access, lacks the image, or does not answer', programs, async t => {
	const {store, directory, paths} = await storeFor(t);
	const registry = await registryFor(t, directory, {locked: true});
	const server = registry;
	// These fail before their first step, so that an API can answer with an error.
	await t.throwsAsync(firstOf(store.pull(`${registry}/app`)), {code: 'forbidden', message: new RegExp(`^Cannot pull ${registry}/app:latest: `, 'v')});
	await t.throwsAsync(store.checkCredentials({username: 'alice', password: 'wrong', server}), {code: 'forbidden'});
	for (const [username, password] of [['alice', ''], ['al\0ice', 'x'], ['alice', 'a\nb'], ['a'.repeat(1_000_000), 'x']]) {
		await t.throwsAsync(store.checkCredentials({username: username!, password: password!, server}), {code: 'invalid'});
	}

	await t.notThrowsAsync(store.checkCredentials({username: 'alice', password: 'opensesame', server}));

	const credentials = {username: 'alice', password: 'opensesame'};
	await t.throwsAsync(firstOf(store.pull(`${registry}/app`, {credentials})), {code: 'not-found'});
	await buildImage(store, await contextFor(directory, 'context', {Dockerfile: 'FROM scratch\nCOPY busybox /bin/busybox\n'}), {tags: [`${registry}/app`]});
	await t.throwsAsync(collect(store.push(`${registry}/app`)), {code: 'forbidden'});
	await t.notThrowsAsync(collect(store.push(`${registry}/app`, {credentials})));
	await t.notThrowsAsync(collect(store.pull(`${registry}/app`, {credentials})));
	await t.throwsAsync(collect(store.pull(`${registry}/app`)), {code: 'forbidden'}, 'credentials are not kept');
	await t.throwsAsync(store.inRegistry(`${registry}/app`), {code: 'forbidden'});
	await t.notThrowsAsync(store.inRegistry(`${registry}/app`, {credentials}));
	await t.throwsAsync(store.inRegistry(`${registry}/app:other`, {credentials}), {code: 'not-found', message: /:other: MANIFEST_UNKNOWN: manifest unknown$/v});

	await t.throwsAsync(firstOf(store.pull(`127.0.0.1:${await freePort()}/app`)), {code: 'unavailable'});
	await t.throwsAsync(collect(store.pull(`${registry}/app`, {platform: '--all-tags'})), {code: 'invalid'});
	const aborted = AbortSignal.abort();
	await t.throwsAsync(collect(store.pull(`${registry}/app`, {signal: aborted})), {code: 'unavailable', message: /cancelled$/v});
	t.deepEqual(await readdir(path.join(paths.images, 'scratch')), []);
});
