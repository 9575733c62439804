import {Buffer} from 'node:buffer';
import {buffer} from 'node:stream/consumers';
import {PassThrough, Readable} from 'node:stream';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import {decodeRegistryImage} from '../../source/wire/decode/registry-image.js';
import {encodeRegistryAuth, encodeRegistryConfig} from '../../source/wire/encode/credentials.js';
import {decodeProgress} from '../../source/wire/decode/error.js';
import type {Engine} from '../../source/engine/engine.js';
import type {BuildOptions} from '../../source/engine/build.js';
import {HolmError} from '../../source/engine/errors.js';
import type {Progress} from '../../source/engine/resources.js';
import {noon} from '../engine/resources.js';
import {ask, serve} from './helpers/serve.js';

const linesOf = (body: Buffer): unknown[] => body.toString().trim().split('\r\n').map(text => JSON.parse(text) as unknown);

async function * steps(...given: ReadonlyArray<Progress | Error>): AsyncGenerator<Progress, void> {
	for (const step of given) {
		if (step instanceof Error) {
			throw step;
		}

		yield step;
	}
}

const failure = new HolmError('forbidden', 'the registry refuses', {remedy: 'holm login'});

test('a pull that fails before its first step has the status of its error', async t => {
	const fail = () => steps(failure);
	const served = await serve(t, {pullImage: fail, pushImage: fail, buildImage: fail, loadImages: fail});
	for (const path of ['/images/create?fromImage=x', '/images/x/push', '/build']) {
		const {status, json} = await ask(served, path, {method: 'POST'});
		t.is(status, 403, path);
		t.deepEqual(json, {message: 'the registry refuses', code: 'forbidden', remedy: 'holm login'});
	}

	const {status, body} = await ask(served, '/images/load', {method: 'POST'});
	t.is(status, 200);
	t.like(linesOf(body)[0], {error: 'the registry refuses'});
});

test('a pull that fails later says so in its last line', async t => {
	const served = await serve(t, {pullImage: () => steps({status: 'Downloading', id: 'abc', current: 1, total: 2}, failure)});
	const {status, headers, body} = await ask(served, '/images/create?fromImage=x', {method: 'POST'});
	t.is(status, 200);
	t.is(headers['content-type'], 'application/json');
	t.deepEqual(linesOf(body), [
		{status: 'Downloading', id: 'abc', progressDetail: {current: 1, total: 2}},
		{errorDetail: {message: 'the registry refuses'}, error: 'the registry refuses', Holm: {message: 'the registry refuses', code: 'forbidden', remedy: 'holm login'}},
	]);
});

test('an import sends a file system, with its name, message and changes', async t => {
	const calls: unknown[] = [];
	const served = await serve(t, {
		async importImage(tar, options) {
			const bytes = await buffer(tar);
			calls.push([bytes.toString(), options]);
			return {id: 'sha256:ab'};
		},
	});
	const query = new URLSearchParams([['fromSrc', '-'], ['repo', 'made'], ['tag', '1'], ['message', 'm'], ['changes', 'CMD a'], ['changes', 'USER b'], ['platform', 'linux/amd64']]);
	const headers = {'Content-Type': 'text/plain'};
	const {status, body} = await ask(served, `/images/create?${query.toString()}`, {method: 'POST', headers, body: 'tar'});
	t.deepEqual([status, linesOf(body)], [200, [{status: 'sha256:ab'}]]);
	t.deepEqual(calls, [['tar', {tag: 'made:1', message: 'm', changes: ['CMD a', 'USER b'], platform: 'linux/amd64'}]]);
	const far = await ask(served, '/images/create?fromSrc=http://192.0.2.1/x', {method: 'POST', headers});
	t.is(far.status, 501);
});

test('a build names the exit status of its failed step, in Docker\'s field', async t => {
	const served = await serve(t, {buildImage: () => steps({text: 'Step 2/2'}, new HolmError('invalid', 'exit 3', {commandStatus: 3}))});
	const {body} = await ask(served, '/build', {method: 'POST', headers: {'Content-Type': 'application/x-tar'}});
	const last = linesOf(body).at(-1);
	t.like(last, {errorDetail: {code: 3, message: 'exit 3'}, error: 'exit 3'});
	const error = t.throws(() => decodeProgress(last), {instanceOf: HolmError});
	t.like(error, {code: 'invalid', commandStatus: 3});
});

test('names, tags, digests and credentials of a pull and a push', async t => {
	const calls: unknown[] = [];
	const note = (name: string) => (reference: string, options: {readonly signal?: AbortSignal} = {}) => {
		calls.push([name, reference, {...options, signal: undefined}]);
		return steps({status: 'done'});
	};

	const served = await serve(t, {pullImage: note('pull'), pushImage: note('push')});
	const credentials = {username: 'u', password: 'p', server: 'localhost:5000'};
	const headers = {'X-Registry-Auth': encodeRegistryAuth(credentials)};
	await ask(served, '/images/create?fromImage=redis&tag=alpine&platform=linux/arm64', {method: 'POST'});
	await ask(served, `/images/create?fromImage=localhost:5000/a&tag=sha256:${'12'.repeat(32)}`, {method: 'POST', headers});
	await ask(served, '/images/create?fromImage=a/b:c', {method: 'POST'});
	await ask(served, '/images/localhost:5000/a/b/push?tag=1', {method: 'POST', headers});
	t.deepEqual(calls, [
		['pull', 'redis:alpine', {credentials: undefined, platform: 'linux/arm64', signal: undefined}],
		['pull', `localhost:5000/a@sha256:${'12'.repeat(32)}`, {credentials, platform: undefined, signal: undefined}],
		['pull', 'a/b:c', {credentials: undefined, platform: undefined, signal: undefined}],
		['push', 'localhost:5000/a/b:1', {credentials, signal: undefined}],
	]);
	const {status} = await ask(served, '/images/x/push', {method: 'POST', headers: {'X-Registry-Auth': 'bm90IGpzb24'}});
	t.is(status, 400);
});

test('what a registry has is asked for with a name and credentials', async t => {
	const calls: unknown[] = [];
	const digest = `sha256:${'ab'.repeat(32)}`;
	const answer = {digest, mediaType: 'application/vnd.oci.image.index.v1+json', sizeBytes: 7, platforms: ['linux/amd64', 'linux/arm/v7']};
	const served = await serve(t, {
		async registryImage(reference, {credentials} = {}) {
			calls.push([reference, credentials]);
			return answer;
		},
	});
	const credentials = {username: 'u', password: 'p', server: 'localhost:5000'};
	const {json} = await ask(served, `/distribution/localhost:5000/a/b@${digest}/json`, {headers: {'X-Registry-Auth': encodeRegistryAuth(credentials)}});
	t.deepEqual(json, {
		Descriptor: {mediaType: answer.mediaType, digest, size: 7},
		Platforms: [{architecture: 'amd64', os: 'linux'}, {architecture: 'arm', os: 'linux', variant: 'v7'}],
	});
	t.deepEqual(decodeRegistryImage(json), answer);
	await ask(served, '/distribution/redis:alpine/json');
	t.deepEqual(calls, [[`localhost:5000/a/b@${digest}`, credentials], ['redis:alpine', undefined]]);
});

const building = (seen: Array<[string, Partial<BuildOptions>]>): Pick<Engine, 'buildImage'> => ({
	async * buildImage(context, {signal: _, ...options}) {
		const bytes = await buffer(context);
		seen.push([bytes.toString(), options]);
		yield {text: 'STEP 1/1: FROM x\n'};
		yield {imageId: `sha256:${'ab'.repeat(32)}`};
	},
});

test('what BuildKit asks for is refused with the remedy in the message', async t => {
	const served = await serve(t, building([]));
	const headers = {Connection: 'Upgrade', Upgrade: 'h2c'};
	for (const path of ['/session', '/grpc', '/build?version=2', '/build?session=x']) {
		const {status, json} = await ask(served, path, {method: 'POST', headers: path.startsWith('/build') ? {} : headers});
		t.is(status, 501, path);
		t.regex((json as {message: string}).message, /this engine has no BuildKit \(set DOCKER_BUILDKIT=0, or use holm build\)$/v);
	}
});

test('a build reads its options and its context', async t => {
	const seen: Array<[string, Partial<BuildOptions>]> = [];
	const served = await serve(t, building(seen));
	const credentials = [{username: 'u', password: 'p'}];
	const query = new URLSearchParams([
		['t', 'a:1'],
		['t', 'b'],
		['dockerfile', 'sub/Dockerfile'],
		['buildargs', '{"A":"1","B":null}'],
		['labels', '{"l":"m"}'],
		['target', 'stage'],
		['platform', 'linux/amd64'],
		['nocache', '1'],
		['pull', 'true'],
		['rm', '1'],
		['extrahosts', 'db:192.0.2.1'],
		['extrahosts', 'gate:host-gateway'],
		['networkmode', 'none'],
		['shmsize', '2097152'],
		['ulimits', '[{"Name":"nofile","Soft":64,"Hard":128}]'],
	]);
	const {body} = await ask(served, `/build?${query.toString()}`, {method: 'POST', headers: {'X-Registry-Config': encodeRegistryConfig(credentials)}, body: 'context'});
	t.deepEqual(seen, [['context', {
		tags: ['a:1', 'b'], file: 'sub/Dockerfile', buildArguments: {A: '1'}, labels: {l: 'm'}, target: 'stage', platform: 'linux/amd64', noCache: true, pull: true, credentials,
		extraHosts: ['db:192.0.2.1', 'gate:host-gateway'], network: 'none', shmBytes: 2_097_152, ulimits: [{name: 'nofile', soft: 64, hard: 128}],
	}]]);
	t.deepEqual(linesOf(body), [{stream: 'STEP 1/1: FROM x\n'}, {aux: {ID: `sha256:${'ab'.repeat(32)}`}}]);

	const quiet = await ask(served, '/build?q=1', {method: 'POST'});
	t.deepEqual(linesOf(quiet.body), [{stream: `sha256:${'ab'.repeat(32)}\n`}]);
	const hinted = await ask(served, '/build?novelty=1', {method: 'POST'});
	t.deepEqual(linesOf(hinted.body).slice(0, 2), [
		{stream: '[Warning] novelty has no effect: the engine does not know it\n'},
		{stream: 'STEP 1/1: FROM x\n'},
	]);
});

test('an archive comes as it is or compressed, and one that is cut short is refused', async t => {
	const received: string[] = [];
	const served = await serve(t, {
		async writeArchive(_reference, _path, tar) {
			const bytes = await buffer(tar);
			received.push(bytes.toString());
		},
	});
	const text = 'not a tar, but the engine\'s to find out '.repeat(1000);
	const compressed = gzipSync(text);
	for (const body of [Buffer.from(text), compressed, Buffer.alloc(0), Buffer.from('x')]) {
		const {status} = await ask(served, '/containers/x/archive?path=/', {method: 'PUT', body});
		t.is(status, 200);
	}

	t.deepEqual(received, [text, text, '', 'x']);
	const cut = await ask(served, '/containers/x/archive?path=/', {method: 'PUT', body: compressed.subarray(0, -20)});
	t.is(cut.status, 400);
	t.like(cut.json, {code: 'invalid'});
	const noise = await ask(served, '/containers/x/archive?path=/', {method: 'PUT', body: Buffer.concat([Buffer.from([0x1F, 0x8B]), Buffer.alloc(100, 7)])});
	t.is(noise.status, 400);
});

test('an upload that the engine refuses before it is read is answered, however large it is', async t => {
	const served = await serve(t, {
		async writeArchive() {
			throw new HolmError('not-found', 'No such container: x');
		},
		loadImages: () => steps(failure),
		buildImage: () => steps(failure),
	});
	const body = Buffer.alloc(20_000_000);
	for (const [method, path, status] of [['PUT', '/containers/x/archive?path=/', 404], ['POST', '/images/load', 200], ['POST', '/build', 403]] as const) {
		const reply = await ask(served, path, {method, body});
		t.is(reply.status, status, path);
	}
});

test('archives are sent with what the path is, and images by any number of names', async t => {
	const status = {name: 'etc', sizeBytes: 4096, mode: 0o04_0755, modifiedAt: noon, linkTarget: ''};
	const saved: unknown[] = [];
	const served = await serve(t, {
		readArchive: async () => ({status, tar: Readable.from([Buffer.from('tar')])}),
		pathStatus: async () => status,
		async saveImages(names, options) {
			saved.push([names, options]);
			return Readable.from([Buffer.from('images')]);
		},
	});
	const described = {name: 'etc', size: 4096, mode: 0x80_00_01_ED, mtime: '2026-02-25T12:00:00.000Z', linkTarget: ''};
	for (const method of ['GET', 'HEAD']) {
		const {headers, body} = await ask(served, '/containers/x/archive?path=/etc', {method});
		t.deepEqual(JSON.parse(Buffer.from(String(headers['x-docker-container-path-stat']), 'base64').toString()), described);
		t.is(body.toString(), method === 'GET' ? 'tar' : '');
	}

	const {headers, body} = await ask(served, '/images/get?names=a&names=b/c:1');
	t.is(headers['content-type'], 'application/x-tar');
	t.is(body.toString(), 'images');
	const platform = `platform=${encodeURIComponent('{"os": "linux", "architecture": "arm", "variant": "v7"}')}`;
	await ask(served, `/images/b/c:1/get?${platform}`);
	await ask(served, `/v1.47/images/b/c:1/get?${platform}`);
	t.deepEqual(saved, [[['a', 'b/c:1'], {platform: undefined}], [['b/c:1'], {platform: 'linux/arm/v7'}], [['b/c:1'], {platform: undefined}]]);
	for (const wrong of ['nonsense', '{}', '[]', '{"os":"linux"}', '{"os":1,"architecture":"amd64"}']) {
		t.is((await ask(served, `/images/get?names=a&platform=${encodeURIComponent(wrong)}`)).status, 400, wrong);
	}
});

test('an archive that breaks in the middle is broken off, not ended', async t => {
	const served = await serve(t, {
		async saveImages() {
			return Readable.from((async function * () {
				yield Buffer.alloc(100_000);
				throw new Error('the disk is gone');
			})());
		},
	});
	await t.throwsAsync(ask(served, '/images/get?names=a'), {code: 'ECONNRESET'});
});

test('what breaks off before its first byte has the status of its error', async t => {
	const served = await serve(t, {
		async exportContainer() {
			const bytes = new PassThrough();
			setImmediate(() => {
				bytes.destroy(failure);
			});
			return bytes;
		},
	});
	const {status, json} = await ask(served, '/containers/x/export');
	t.is(status, 403);
	t.deepEqual(json, {message: 'the registry refuses', code: 'forbidden', remedy: 'holm login'});
});
