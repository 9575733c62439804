import type {Buffer} from 'node:buffer';
import http from 'node:http';
import os from 'node:os';
import test, {type ExecutionContext} from 'ava';
import {createMemoryEngine} from '../../source/backends/memory/engine.js';
import {answers, describedVersions} from './answer-shapes.js';
import {checkAnswer} from './helpers/check-answer.js';
import {expectedFindings} from './helpers/expected-findings.js';
import {ask, post, serve, type Served} from './helpers/serve.js';

const [oldest, newest] = describedVersions;
const versions = Array.from({length: newest - oldest + 1}, (_, index) => oldest + index);

/** Settings of all kinds, and a body with many of them. */
const richBody = {
	Image: 'alpine/bash',
	Cmd: ['sleep', '1000'],
	Hostname: 'rich',
	Env: ['A=b'],
	ExposedPorts: {'80/tcp': {}, '81/udp': {}},
	Labels: {a: 'b'},
	Volumes: {'/anonymous': {}},
	StopSignal: 'SIGTERM',
	StopTimeout: 1,
	Healthcheck: {Test: ['CMD', 'true'], Interval: 1_000_000_000_000, Timeout: 1_000_000_000, Retries: 3, StartPeriod: 0},
	HostConfig: {
		Binds: ['/srv:/srv:ro'],
		Mounts: [{Type: 'volume', Source: 'kept', Target: '/kept'}, {Type: 'tmpfs', Target: '/scratch', TmpfsOptions: {SizeBytes: 1_048_576}}],
		PortBindings: {'80/tcp': [{HostIp: '127.0.0.1', HostPort: ''}]},
		RestartPolicy: {Name: 'on-failure', MaximumRetryCount: 2},
		Ulimits: [{Name: 'nofile', Soft: 100, Hard: 200}],
		Annotations: {note: 'text'},
		Sysctls: {'net.core.somaxconn': '100'},
		CapAdd: ['NET_ADMIN'],
		Memory: 268_435_456,
		NanoCpus: 500_000_000,
	},
	NetworkingConfig: {EndpointsConfig: {own: {Aliases: ['other'], IPAMConfig: {IPv4Address: '10.99.0.9'}}}},
};

/** The values of a stream of JSON values. */
const linesOf = (body: Buffer): unknown[] => body.toString().split('\n').filter(line => line.trim() !== '').map(line => JSON.parse(line) as unknown);

/** The events of the engine so far, and the first reading of a stream; both would go on. */
const firstValue = async ({socketPath}: Served, requestPath: string): Promise<unknown> => {
	const request = http.request({socketPath, path: requestPath, agent: false}).end();
	const {promise, resolve, reject} = Promise.withResolvers<http.IncomingMessage>();
	request.once('response', resolve).once('error', reject);
	let text = '';
	for await (const chunk of await promise) {
		text += String(chunk);
		if (text.includes('\n')) {
			break;
		}
	}

	request.destroy();
	return JSON.parse(text.split('\n', 1)[0]!) as unknown;
};

type Asked = readonly [route: string, request: string, body?: unknown];

/** Asks every route that answers with JSON; each pair is a route of the schema and what was answered. */
const askEverything = async (t: ExecutionContext, minor: number): Promise<ReadonlyArray<readonly [route: string, value: unknown]>> => {
	const engine = createMemoryEngine({seed: 1});
	t.teardown(engine.close);
	const served = await serve(t, engine);
	const at = (path: string) => `/v1.${minor}${path}`;
	const seen: Array<readonly [string, unknown]> = [];
	const see = async (...[route, request, body]: Asked): Promise<unknown> => {
		const [method = '', path = ''] = request.split(' ', 2);
		const reply = method === 'POST' ? await post(served, at(path), body) : await ask(served, at(path), {method});
		t.true(reply.status < 300, `${minor} ${request}: ${reply.status} ${reply.body.toString()}`);
		t.truthy(answers[route], route);
		seen.push([route, reply.json]);
		return reply.json;
	};

	await see('POST /networks/create', 'POST /networks/create', {Name: 'own', IPAM: {Config: [{Subnet: '10.99.0.0/24', IPRange: '10.99.0.0/25'}]}, Labels: {a: 'b'}});
	await see('POST /volumes/create', 'POST /volumes/create', {Name: 'kept', Labels: {a: 'b'}});
	await see('POST /containers/create', 'POST /containers/create?name=rich', richBody);
	await see('POST /containers/create', 'POST /containers/create?name=plain', {Image: 'alpine/bash', Cmd: ['sh', '-c', 'exit 3'], HostConfig: {}});
	await see('GET /containers/{id}/json', 'GET /containers/rich/json');
	for (const name of ['rich', 'plain']) {
		t.is((await post(served, at(`/containers/${name}/start`))).status, 204);
	}

	await see('POST /containers/{id}/wait', 'POST /containers/plain/wait');
	const {Id} = await see('POST /containers/{id}/exec', 'POST /containers/rich/exec', {Cmd: ['true'], AttachStdout: true}) as {readonly Id: string};
	await see('GET /exec/{id}/json', `GET /exec/${Id}/json`);
	await post(served, at(`/exec/${Id}/start`), {Detach: true});
	await see('GET /exec/{id}/json', `GET /exec/${Id}/json`);
	for (const name of ['rich', 'plain']) {
		await see('GET /containers/{id}/json', `GET /containers/${name}/json?size=1`);
		await see('GET /containers/{id}/stats', `GET /containers/${name}/stats?stream=0&one-shot=1`);
	}

	seen.push(['GET /containers/{id}/stats', await firstValue(served, at('/containers/rich/stats'))]);
	await see('GET /containers/json', 'GET /containers/json?all=1');
	await see('GET /containers/json', 'GET /containers/json?size=1');
	await see('GET /containers/{id}/top', 'GET /containers/rich/top');
	await see('GET /containers/{id}/changes', 'GET /containers/plain/changes');
	await see('POST /containers/{id}/update', 'POST /containers/rich/update', {Memory: 268_435_456, Novel: 1});
	await see('GET /images/json', 'GET /images/json?all=1&manifests=1&shared-size=1');
	for (const image of ['redis:alpine', 'alpine/bash', 'nginx:alpine']) {
		await see('GET /images/{name}/json', `GET /images/${image}/json`);
		await see('GET /images/{name}/history', `GET /images/${image}/history`);
	}

	await see('GET /info', 'GET /info');
	await see('GET /version', 'GET /version');
	await see('GET /networks', 'GET /networks');
	await see('GET /networks/{id}', 'GET /networks/own');
	await see('GET /volumes', 'GET /volumes');
	await see('GET /volumes/{name}', 'GET /volumes/kept');
	await see('GET /system/df', 'GET /system/df');
	await see('POST /commit', 'POST /commit?container=plain&repo=made');
	await see('DELETE /images/{name}', 'DELETE /images/made?noprune=1');
	await see('POST /containers/prune', 'POST /containers/prune');
	await post(served, at('/volumes/create'), {Name: 'unused'});
	await see('POST /volumes/prune', `POST /volumes/prune?filters=${encodeURIComponent('{"all":["true"]}')}`);
	await post(served, at('/networks/create'), {Name: 'unused'});
	await see('POST /networks/prune', 'POST /networks/prune');
	await see('POST /images/prune', `POST /images/prune?filters=${encodeURIComponent('{"dangling":["false"]}')}`);
	await see('POST /build/prune', 'POST /build/prune');
	await see('POST /auth', 'POST /auth', {username: 'someone', password: 'secret', serveraddress: 'registry.example'});
	const pulled = await ask(served, at('/images/create?fromImage=nginx&tag=alpine'), {method: 'POST'});
	seen.push(...linesOf(pulled.body).map(step => ['POST /images/create', step] as const));
	for (const [method, path] of [
		['GET', '/containers/nothing/json'],
		['GET', '/networks/nothing'],
		['DELETE', '/networks/bridge'],
		['POST', '/containers/create'],
		['POST', '/containers/rich/kill?signal=NONE'],
		['GET', '/nowhere'],
		['POST', '/swarm/init'],
	] as const) {
		const refused = await ask(served, at(path), {method, headers: {'Content-Type': 'application/json'}, ...method === 'POST' && {body: '{}'}});
		t.true(refused.status >= 400, path);
		seen.push(['errors', refused.json]);
	}

	const events = await ask(served, at(`/events?since=0&until=${Math.ceil(Date.now() / 1000)}`));
	seen.push(...linesOf(events.body).map(event => ['GET /events', event] as const));
	return seen;
};

for (const minor of versions) {
	test(`answers of API 1.${minor} are those of the published schema`, async t => {
		const findings = new Set<string>();
		const routes = new Set<string>();
		for (const [route, value] of await askEverything(t, minor)) {
			routes.add(route);
			for (const finding of checkAnswer(answers[route]!, value, minor, route)) {
				findings.add(finding);
			}
		}

		t.deepEqual(Object.keys(answers).filter(route => !routes.has(route)), ['POST /images/{name}/push', 'POST /build'], 'every other route is asked');
		const expected = expectedFindings(minor);
		t.deepEqual([...findings].filter(finding => !expected.has(finding)).toSorted(), []);
		t.deepEqual([...expected].filter(finding => !findings.has(finding)).toSorted(), [], 'no longer there');
	});
}

type Json = Readonly<Record<string, unknown>>;

test('clients of a version see what Docker\'s daemon shows them', async t => {
	const engine = createMemoryEngine({seed: 1});
	t.teardown(engine.close);
	const served = await serve(t, engine);
	await engine.createNetwork({name: 'own', internal: false, labels: {}, driver: 'bridge'});
	await post(served, '/containers/create?name=one', {
		Image: 'alpine/bash', HostConfig: {Annotations: {a: 'b'}}, NetworkingConfig: {EndpointsConfig: {own: {Aliases: ['other']}}},
	});
	const read = async (minor: number, path: string) => (await ask(served, `/v1.${minor}${path}`)).json;
	const imageOf = async (minor: number) => await read(minor, '/images/nginx:alpine/json') as Json & {readonly Config: Json};
	const itemsOf = async (minor: number) => {
		const items = await read(minor, '/images/json') as ReadonlyArray<Json & {readonly RepoTags: readonly string[]}>;
		return items.find(({RepoTags}) => RepoTags.includes('alpine/bash:latest'))!;
	};

	const endpointOf = async (minor: number) => {
		const {Id, NetworkSettings: {Networks}} = await read(minor, '/containers/one/json') as {readonly Id: string; readonly NetworkSettings: {readonly Networks: {readonly own: Json}}};
		return {short: Id.slice(0, 12), ...Networks.own};
	};

	const has = (object: object, ...names: readonly string[]) => names.map(name => Object.hasOwn(object, name));
	t.deepEqual(has(await imageOf(43), 'VirtualSize', 'ContainerConfig'), [true, true]);
	t.deepEqual(has(await imageOf(44), 'VirtualSize', 'ContainerConfig'), [false, true]);
	t.deepEqual(has(await imageOf(45), 'VirtualSize', 'ContainerConfig'), [false, false]);
	t.deepEqual(has((await imageOf(49)).Config, 'Hostname', 'Tty', 'Image'), [true, true, true]);
	t.deepEqual(has((await imageOf(50)).Config, 'Hostname', 'Tty', 'Image'), [false, false, false]);

	t.deepEqual(has(await itemsOf(43), 'VirtualSize'), [true]);
	t.like(await itemsOf(50), {VirtualSize: undefined, Containers: -1});
	t.like(await itemsOf(51), {Containers: 1});

	const early = await endpointOf(44);
	t.like(early, {Aliases: ['other', early.short], DNSNames: ['one', 'other', early.short]});
	t.like(await endpointOf(45), {Aliases: ['other'], DNSNames: ['one', 'other', early.short], GwPriority: undefined});
	t.like(await endpointOf(48), {GwPriority: 0});

	t.like((await read(45, '/containers/json?all=1') as readonly Json[])[0], {HostConfig: {NetworkMode: 'own', Annotations: undefined}});
	t.like((await read(46, '/containers/json?all=1') as readonly Json[])[0], {HostConfig: {NetworkMode: 'own', Annotations: {a: 'b'}}});

	t.like(await read(48, '/info'), {BridgeNfIptables: false, FirewallBackend: undefined, RuncCommit: {ID: '', Expected: ''}});
	t.like(await read(50, '/info'), {BridgeNfIptables: undefined, FirewallBackend: {Driver: 'nftables'}, RuncCommit: {ID: '', Expected: undefined}});
	t.like(await read(51, '/info'), {Architecture: os.machine()});
	t.like(await read(51, '/version'), {Arch: os.machine() === 'x86_64' ? 'amd64' : 'arm64'});
});

test('an image is of one platform alone', async t => {
	const engine = createMemoryEngine({seed: 1});
	t.teardown(engine.close);
	const served = await serve(t, engine);
	const query = (platform: object) => `platform=${encodeURIComponent(JSON.stringify(platform))}`;
	const {architecture} = await engine.image('nginx:alpine');
	for (const path of ['json', 'history']) {
		t.is((await ask(served, `/images/nginx:alpine/${path}?${query({os: 'linux', architecture})}`)).status, 200);
		const {status, json} = await ask(served, `/images/nginx:alpine/${path}?${query({os: 'linux', architecture: 'riscv64'})}`);
		t.is(status, 404);
		t.is((json as {readonly message: string}).message, 'image with reference nginx:alpine was found but does not provide the specified platform (linux/riscv64)');
		t.is((await ask(served, `/v1.47/images/nginx:alpine/${path}?platform=nonsense`)).status, 200);
	}
});
