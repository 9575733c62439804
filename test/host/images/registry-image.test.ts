import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {createServer, type RequestListener} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {registryImage} from '../../../source/host/images/registry-image.js';

const ociIndex = 'application/vnd.oci.image.index.v1+json';
const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** A registry on a loopback port, until the test ends. */
const serve = async (t: ExecutionContext, answer: RequestListener): Promise<string> => {
	const server = createServer(answer).listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

type Reply = {
	readonly status?: number;
	readonly type?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string;
};

const serveReplies = async (t: ExecutionContext, replies: Readonly<Record<string, Reply>>) => serve(t, (request, response) => {
	const {status = 200, type = 'application/json', headers, body = ''} = replies[request.url ?? ''] ?? {status: 404, body: '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}'};
	response.writeHead(status, {'Content-Type': type, ...headers});
	response.end(body);
});

test('an index has its platforms, a manifest those of its configuration', async t => {
	const index = JSON.stringify({manifests: [{platform: {os: 'linux', architecture: 'amd64'}}, {platform: {os: 'linux', architecture: 'arm', variant: 'v7'}}, {digest: digestOf('x')}]});
	const configuration = '{"os":"linux","architecture":"riscv64"}';
	const manifest = JSON.stringify({config: {digest: digestOf(configuration)}, layers: []});
	const registry = await serveReplies(t, {
		'/v2/a/b/manifests/1': {type: `${ociIndex}; charset=utf-8`, body: index},
		[`/v2/a/b/manifests/${digestOf(index)}`]: {type: ociIndex, body: index},
		'/v2/a/b/manifests/latest': {type: dockerManifest, body: manifest},
		[`/v2/a/b/blobs/${digestOf(configuration)}`]: {status: 307, headers: {Location: '/elsewhere'}},
		'/elsewhere': {body: configuration},
	});
	const both = {digest: digestOf(index), mediaType: ociIndex, sizeBytes: index.length, platforms: ['linux/amd64', 'linux/arm/v7']};
	t.deepEqual(await registryImage(`${registry}/a/b:1`), both);
	t.deepEqual(await registryImage(`${registry}/a/b:2@${digestOf(index)}`), both);
	t.deepEqual(await registryImage(`${registry}/a/b`), {
		digest: digestOf(manifest), mediaType: dockerManifest, sizeBytes: manifest.length, platforms: ['linux/riscv64'],
	});
	await t.throwsAsync(registryImage(`${registry}/a/c`), {code: 'not-found', message: `Cannot ask the registry about ${registry}/a/c:latest: MANIFEST_UNKNOWN: manifest unknown`});
});

test('a token comes from where the registry says, for the credentials', async t => {
	const manifest = '{"manifests":[]}';
	const asked: string[] = [];
	const registry = await serve(t, (request, response) => {
		const {url = '', headers: {authorization = ''}} = request;
		if (url.startsWith('/token?')) {
			asked.push(url);
			const isKnown = authorization === `Basic ${Buffer.from('alice:opensesame').toString('base64')}`;
			response.writeHead(isKnown ? 200 : 401).end(isKnown ? '{"access_token":"abc.def"}' : '');
		} else if (authorization === 'Bearer abc.def') {
			response.writeHead(200, {'Content-Type': ociIndex}).end(manifest);
		} else {
			const challenge = `Bearer realm="http://${request.headers.host}/token",service="the registry",scope="repository:app:pull"`;
			response.writeHead(401, {'WWW-Authenticate': challenge}).end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
		}
	});
	const image = await registryImage(`${registry}/app`, {credentials: {username: 'alice', password: 'opensesame'}});
	t.is(image.digest, digestOf(manifest));
	t.deepEqual(asked, ['/token?service=the+registry&scope=repository%3Aapp%3Apull']);
	const refusal = {code: 'forbidden', message: /UNAUTHORIZED: authentication required$/v};
	await t.throwsAsync(registryImage(`${registry}/app`), refusal);
	await t.throwsAsync(registryImage(`${registry}/app`, {credentials: {username: 'alice', password: 'wrong'}}), refusal);
});

test('answers that are no image are errors', async t => {
	const wrongDigest = digestOf('something else');
	const manifest = {type: dockerManifest};
	const registry = await serveReplies(t, {
		'/v2/large/manifests/latest': {...manifest, body: 'x'.repeat(5_000_000)},
		'/v2/loop/manifests/latest': {status: 302, headers: {Location: '/v2/loop/manifests/latest'}},
		'/v2/file/manifests/latest': {status: 302, headers: {Location: 'file:///etc/passwd'}},
		'/v2/page/manifests/latest': {type: 'text/html', body: '<html>'},
		'/v2/text/manifests/latest': {...manifest, body: 'no JSON'},
		[`/v2/other/manifests/${wrongDigest}`]: {...manifest, body: '{}'},
		'/v2/busy/manifests/latest': {status: 500, body: '{"errors":[{"code":"\\u001b[2J","message":7}]}'},
		'/v2/null/manifests/latest': {...manifest, body: 'null'},
		'/v2/token/manifests/latest': {status: 401, headers: {'WWW-Authenticate': 'Bearer realm="ftp://here/"'}},
	});
	for (const [name, code, message] of [
		['large', 'unavailable', /more than 4194304 bytes/v],
		['loop', 'unavailable', /redirects more than 5 times/v],
		['file', 'unavailable', /redirects to file:/v],
		['page', 'unsupported', /text\/html/v],
		['text', 'unavailable', /not JSON/v],
		[`other@${wrongDigest}`, 'unavailable', /something else/v],
		['busy', 'unavailable', /: \\u\{1b\}\[2J$/v],
		['token', 'unavailable', /no address for its tokens/v],
	] as const) {
		await t.throwsAsync(registryImage(`${registry}/${name}`), {code, message}, name);
	}

	t.like(await registryImage(`${registry}/null`), {platforms: [], sizeBytes: 4});
	await t.throwsAsync(registryImage('127.0.0.1:1/app'), {code: 'unavailable'});
	await t.throwsAsync(registryImage(`${registry}/null`, {signal: AbortSignal.abort()}), {code: 'unavailable', message: /cancelled$/v});
	await t.throwsAsync(registryImage('Not/A reference'), {code: 'invalid'});
});
