import {Readable} from 'node:stream';
import test from 'ava';
import type {Engine} from '../../source/engine/engine.js';
import {HolmError} from '../../source/engine/errors.js';
import {image} from '../engine/resources.js';
import {ask, post, serve} from './helpers/serve.js';

test('verbs reach the engine with what was asked', async t => {
	const calls: unknown[] = [];
	const note = (name: string) => async (...given: unknown[]) => {
		calls.push([name, ...given]);
		return undefined as never;
	};

	const names = [
		'startContainer',
		'stopContainer',
		'restartContainer',
		'killContainer',
		'pauseContainer',
		'unpauseContainer',
		'renameContainer',
		'removeContainer',
		'resizeContainer',
		'resizeExec',
		'removeNetwork',
		'connectNetwork',
		'disconnectNetwork',
		'tagImage',
		'removeVolume',
	] as const;
	const served = await serve(t, Object.fromEntries(names.map(name => [name, note(name)])));
	for (const [status, request, body] of [
		[204, 'POST /containers/a/start'],
		[204, 'POST /containers/a/stop'],
		[204, 'POST /containers/a/stop?t=0&signal=SIGINT'],
		[204, 'POST /containers/a/stop?t=-1'],
		[204, 'POST /containers/a/restart?t=5'],
		[204, 'POST /containers/a/kill'],
		[204, 'POST /containers/a/kill?signal=HUP'],
		[204, 'POST /containers/a/pause'],
		[204, 'POST /containers/a/unpause'],
		[204, 'POST /containers/a/rename?name=/b'],
		[204, 'DELETE /containers/a?force=1&v=true'],
		[204, 'DELETE /containers/a'],
		[200, 'POST /containers/a/resize?h=24&w=80'],
		[200, 'POST /exec/a/resize?h=24&w=80'],
		[204, 'DELETE /networks/n'],
		[200, 'POST /networks/n/connect', {Container: 'a', EndpointConfig: {Aliases: ['x'], IPAMConfig: {IPv4Address: '10.0.0.2'}}}],
		[200, 'POST /networks/n/disconnect', {Container: 'a', Force: true}],
		[201, 'POST /images/a/b/tag?repo=localhost:5000/c&tag=d'],
		[204, 'DELETE /volumes/v?force=yes'],
	] as const) {
		const [method, path = ''] = request.split(' ', 2);
		const reply = body ? await post(served, path, body) : await ask(served, path, {method, headers: {'User-Agent': 'Test/1'}});
		t.is(reply.status, status, request);
		t.is(reply.body.length, 0, request);
	}

	const forever = 2_147_483;
	const text = JSON.stringify(calls);
	t.deepEqual(JSON.parse(text) as unknown, [
		['startContainer', 'a'],
		['stopContainer', 'a', {by: 'Test/1'}],
		['stopContainer', 'a', {by: 'Test/1', timeoutSeconds: 0, signal: 'SIGINT'}],
		['stopContainer', 'a', {by: 'Test/1', timeoutSeconds: forever}],
		['restartContainer', 'a', {by: 'Test/1', timeoutSeconds: 5}],
		['killContainer', 'a', null, {by: 'Test/1'}],
		['killContainer', 'a', 'HUP', {by: 'Test/1'}],
		['pauseContainer', 'a'],
		['unpauseContainer', 'a'],
		['renameContainer', 'a', 'b'],
		['removeContainer', 'a', {force: true, volumes: true, by: 'Test/1'}],
		['removeContainer', 'a', {force: false, volumes: false, by: 'Test/1'}],
		['resizeContainer', 'a', {rows: 24, columns: 80}],
		['resizeExec', 'a', {rows: 24, columns: 80}],
		['removeNetwork', 'n'],
		['connectNetwork', 'a', {network: 'n', address: '10.0.0.2', aliases: ['x']}],
		['disconnectNetwork', 'n', 'a', {force: true}],
		['tagImage', 'a/b', 'localhost:5000/c:d'],
		['removeVolume', 'v', {force: true}],
	]);
});

test('prunes mean what Docker\'s clients mean by them', async t => {
	const calls: unknown[] = [];
	const served = await serve(t, {
		async pruneImages(options) {
			calls.push(options);
			return {removed: ['untagged: a:b', `sha256:${'12'.repeat(32)}`], freedBytes: 3};
		},
		async pruneVolumes(options) {
			calls.push(options);
			return {removed: ['v'], freedBytes: 4};
		},
		pruneNetworks: async () => ({removed: ['n'], freedBytes: 0}),
		pruneContainers: async () => ({removed: ['c'], freedBytes: 5}),
	});
	const filters = (json: unknown) => `?filters=${encodeURIComponent(JSON.stringify(json))}`;
	const images = await post(served, `/images/prune${filters({dangling: {false: true}, until: ['24h']})}`);
	t.deepEqual(images.json, {ImagesDeleted: [{Untagged: 'a:b'}, {Deleted: `sha256:${'12'.repeat(32)}`}], SpaceReclaimed: 3});
	await post(served, `/images/prune${filters({dangling: ['true']})}`);
	await post(served, '/images/prune');
	t.deepEqual((await post(served, `/v1.47/volumes/prune${filters({all: ['true'], label: ['x']})}`)).json, {VolumesDeleted: ['v'], SpaceReclaimed: 4});
	await post(served, '/v1.47/volumes/prune');
	await post(served, '/v1.41/volumes/prune');
	t.deepEqual(calls, [
		{all: true, filters: {until: ['24h']}},
		{all: false, filters: {}},
		{all: false, filters: {}},
		{all: true, filters: {label: ['x']}},
		{all: false, filters: {}},
		{all: true, filters: {}},
	]);
	t.deepEqual((await post(served, '/networks/prune')).json, {NetworksDeleted: ['n']});
	t.deepEqual((await post(served, '/containers/prune')).json, {ContainersDeleted: ['c'], SpaceReclaimed: 5});
	t.deepEqual((await post(served, '/build/prune')).json, {CachesDeleted: [], SpaceReclaimed: 0});
});

test('an update has the fields that Docker\'s clients send, and is refused by the name of one that a machine has not', async t => {
	const calls: unknown[] = [];
	const served = await serve(t, {
		async updateContainer(...given) {
			calls.push(given);
			return {warnings: ['from the engine']};
		},
	});
	// All that the command of Docker 28 sends for `--restart on-failure:3`.
	const nothing = {
		CpuShares: 0, Memory: 0, NanoCpus: 0, CgroupParent: '', BlkioWeight: 0, BlkioWeightDevice: null, CpuPeriod: 0, CpuQuota: 0, CpusetCpus: '', Devices: null, MemorySwap: 0, MemorySwappiness: null, OomKillDisable: null, PidsLimit: null, Ulimits: null, RestartPolicy: {Name: '', MaximumRetryCount: 0},
	};
	const update = async (fields: Readonly<Record<string, unknown>>) => post(served, '/containers/a/update', {...nothing, ...fields});
	t.deepEqual((await update({})).json, {Warnings: ['from the engine']});
	await update({RestartPolicy: {Name: 'on-failure', MaximumRetryCount: 3}});
	await update({Memory: 1024 ** 3, MemorySwap: 1024 ** 3, CpuPeriod: 100_000, CpuQuota: 200_000});
	await update({NanoCpus: 1.5e9});
	await update({CpuShares: 2, CpusetCpus: '0', PidsLimit: 5, MemoryReservation: 1024 ** 3});
	t.deepEqual((await update({BlkioWeight: 10, OomKillDisable: true, SomethingNew: 'x'})).json, {Warnings: [
		'BlkioWeight has no effect: the machine\'s disk is a file of the host, whose devices have no place in it',
		'OomKillDisable has no effect: control groups of version 2 do not have it',
		'SomethingNew has no effect: the engine does not know it',
		'from the engine',
	]});
	const expected = [
		['a', {}],
		['a', {restartPolicy: {name: 'on-failure', maximumRetryCount: 3}}],
		['a', {memory: 1024 ** 3, memorySwap: 1024 ** 3, cpuPeriod: 100_000, cpuQuota: 200_000}],
		['a', {cpus: 1.5}],
		['a', {cpuShares: 2, cpusetCpus: '0', pidsLimit: 5, memoryReservation: 1024 ** 3}],
		['a', {}],
	];
	t.deepEqual(calls, expected);
	for (const [field, value] of [['CgroupParent', '/x'], ['CpuRealtimeRuntime', 10], ['Devices', [{}]], ['Init', true], ['Ulimits', [{}]], ['CpuCount', 5]] as const) {
		const {status, json} = await update({[field]: value});
		t.is(status, 501, field);
		t.regex((json as Error).message, new RegExp(`^${field}(?:=.*)? is not supported`, 'v'));
	}

	t.is((await update({RestartPolicy: {Name: 'sometimes'}})).status, 400);
	t.is((await update({Memory: 'much'})).status, 400);
	t.deepEqual(calls, expected);
});

test('a commit has what Docker\'s clients put into its query', async t => {
	const calls: unknown[] = [];
	const served = await serve(t, {
		async commitContainer(...given) {
			calls.push(given);
			return {id: 'sha256:12'};
		},
	});
	const changes = ['CMD ["a", "b"]', 'ENV X=1\nUSER y\n'].map(change => `&changes=${encodeURIComponent(change)}`).join('');
	const made = await post(served, `/commit?author=me&comment=why%20not&container=web&pause=0&repo=localhost%3A5000%2Fshop&tag=2${changes}`, null);
	t.is(made.status, 201);
	t.deepEqual(made.json, {Id: 'sha256:12'});
	t.is((await post(served, '/commit?container=web', {Hostname: '', Env: null})).status, 201);
	t.is((await post(served, '/commit?container=web&repo=shop', {container: 'web', repo: 'shop', Unknown: true})).status, 201, 'dockerode sends the query as the body, too');
	t.is((await post(served, '/commit?container=web', {env: ['X=1']})).status, 501, 'Go ignores case');
	t.is((await post(served, '/commit?container=web', {Env: ['X=1']})).status, 501);
	t.is((await post(served, '/commit', null)).status, 400);
	const text = JSON.stringify(calls);
	t.deepEqual(JSON.parse(text) as unknown, [
		['web', {
			tag: 'localhost:5000/shop:2', author: 'me', comment: 'why not', changes: ['CMD ["a", "b"]', 'ENV X=1', 'USER y'], pause: false,
		}],
		['web', {changes: [], pause: true}],
		['web', {tag: 'shop', changes: [], pause: true}],
	]);
});

test('a missing image is the only reason for which the creation of a container is not found', async t => {
	const networkMissing = new HolmError('not-found', 'network nosuch not found', {remedy: 'holm network ls lists them'});
	const imageMissing = new HolmError('not-found', 'No such image: alpine');
	let error = networkMissing;
	let hasImage = true;
	const served = await serve(t, {
		async createContainer() {
			throw error;
		},
		async image() {
			return hasImage ? image() : Promise.reject(imageMissing);
		},
	});
	const refused = await post(served, '/containers/create', {Image: 'alpine', HostConfig: {NetworkMode: 'nosuch'}});
	t.is(refused.status, 400, 'on 404 Docker\'s client would pull the image');
	t.deepEqual(refused.json, {message: 'network nosuch not found', code: 'not-found', remedy: 'holm network ls lists them'});
	error = imageMissing;
	hasImage = false;
	t.is((await post(served, '/containers/create', {Image: 'alpine'})).status, 404);
});

test('there is no swarm and no plugin', async t => {
	const served = await serve(t, {});
	const notManager = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
	for (const request of [
		'GET /swarm',
		'GET /swarm/unlockkey',
		'GET /nodes',
		'GET /nodes/x',
		'POST /nodes/x/update',
		'GET /v1.41/services',
		'POST /services/create',
		'GET /services/x/logs',
		'GET /tasks',
		'GET /secrets',
		'DELETE /secrets/x',
		'GET /configs?filters=%7B%7D',
		'POST /configs/create',
	]) {
		const [method, path = ''] = request.split(' ', 2);
		const {status, json} = await ask(served, path, {method});
		t.is(status, 503, request);
		t.like(json, {message: notManager}, request);
	}

	for (const path of ['/swarm/init', '/swarm/join', '/swarm/leave']) {
		t.is((await post(served, path)).status, path === '/swarm/leave' ? 503 : 501, path);
	}

	t.deepEqual((await ask(served, '/plugins')).json, []);
	t.is((await ask(served, '/swarmed')).status, 404);
});

test('a registry\'s refusal is the status that makes Docker\'s clients ask again', async t => {
	const served = await serve(t, {
		async checkCredentials({password}) {
			if (password !== 'right') {
				throw new HolmError('forbidden', 'wrong password');
			}
		},
	});
	t.is((await post(served, '/auth', {username: 'u', password: 'wrong'})).status, 401);
	const {status, json} = await post(served, '/auth', {username: 'u', password: 'right', serveraddress: 'https://index.docker.io/v1/'});
	t.is(status, 200);
	t.is((json as {Status: string}).Status, 'Login Succeeded');
});

test('events since zero are those from the beginning', async t => {
	const asked: unknown[] = [];
	const served = await serve(t, {
		events({since, until} = {}) {
			asked.push([since, until]);
			return Readable.from([]);
		},
	});
	for (const path of ['/events?since=0&until=5', '/events?until=5', '/events?since=3&until=5']) {
		t.is((await ask(served, path)).status, 200);
	}

	t.deepEqual(asked, [[0, 5000], [undefined, 5000], [3000, 5000]]);
});
