import {mkdtemp, mkdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {knownEngines, targetOf} from '../../../source/dashboard/state/known-engines.js';
import type {Engine} from '../../../source/engine/engine.js';
import {HolmError} from '../../../source/engine/errors.js';
import {containerConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

const escape = '\u{1B}';
const enter = '\r';

const engineWith = async (...names: readonly string[]) => {
	const engine = createMemoryEngine();
	for (const name of names) {
		await engine.createContainer(containerConfiguration({name, command: ['echo', `hello from ${name}`]}));
		await engine.startContainer(name);
	}

	return engine;
};

test('the known engines are listed, each once', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-contexts-'));
	try {
		for (const [id, metadata] of [['1', {Name: 'lab'}], ['2', {Name: '../../etc'}], ['3', {Name: 7}], ['4', undefined]] as const) {
			const folder = path.join(directory, 'contexts/meta', id);
			await mkdir(folder, {recursive: true});
			await writeFile(path.join(folder, 'meta.json'), metadata ? JSON.stringify(metadata) : '{');
		}

		const known = await knownEngines({
			first: targetOf('tcp://far:2375'),
			root: '/tmp/r',
			hosts: {far: 'tcp://far:2375', near: 'unix:///near.sock'},
			environment: {DOCKER_CONFIG: directory, XDG_RUNTIME_DIR: '/run/user/7'},
			isSocket: async file => file === '/var/run/docker.sock' || file === '/run/user/7/podman/podman.sock',
		});
		t.deepEqual(known, [
			{title: 'tcp://far:2375', host: 'tcp://far:2375'},
			{title: 'this host, /tmp/r', host: 'own'},
			{title: 'near', host: 'unix:///near.sock'},
			{title: 'context lab', host: 'context://lab'},
			{title: '/var/run/docker.sock', host: 'unix:///var/run/docker.sock'},
			{title: '/run/user/7/podman/podman.sock', host: 'unix:///run/user/7/podman/podman.sock'},
		]);
		t.deepEqual(await knownEngines({first: targetOf('own'), hosts: {}, environment: {DOCKER_CONFIG: '/nowhere'}, isSocket: async () => false}), [{title: 'this host', host: 'own'}]);
		const withProgram = {
			first: targetOf('own'), hosts: {mac: 'apple://build@mac'}, environment: {DOCKER_CONFIG: '/nowhere', HOLM_CONTAINER: process.execPath}, isSocket: async () => false,
		};
		const hostsOn = async (platform: NodeJS.Platform) => (await knownEngines({...withProgram, platform})).map(({host}) => host);
		t.deepEqual(await hostsOn('linux'), ['own', 'apple://build@mac', 'apple']);
		// There it is the engine of this host.
		t.deepEqual(await hostsOn('darwin'), ['own', 'apple://build@mac']);
	} finally {
		await rm(directory, {recursive: true});
	}
});

test('E switches to another engine, and nothing of the previous one is left', async t => {
	const one = await engineWith('here');
	const two = await engineWith('there');
	await using app = await openApp({engine: one, columns: 150, engines: {'unix:///two': async () => two}});
	await app.shows('hello from here');
	await app.press(' ', '5', 'E');
	await app.shows('Which engine?');
	await app.shows('first (current)');
	await app.press('j', enter);
	await app.shows('Switched to /two');
	const text = await app.shows('hello from there');
	t.regex(text, / holm {2}\/two /v);
	t.notRegex(text, /here\b(?<!there)/v);
	t.like(app.controller.getState(), {view: 'main'});
	t.is(app.controller.getState().lists.containers.marks.size, 0);
	await one.createContainer(containerConfiguration({name: 'unseen'}));
	await delay(150);
	t.false(app.lines().join('\n').includes('unseen'));
	await app.press('D');
	await app.shows('Remove there?');
	await app.press('y');
	await app.shows('No containers');
	t.is((await one.snapshot()).containers.length, 2);
	one.close();
	two.close();
});

test('an unreachable engine is an error with a remedy, and the previous one stays', async t => {
	const engine = await engineWith('here');
	await using app = await openApp({
		engine,
		engines: {
			async 'unix:///gone'() {
				throw new HolmError('unavailable', 'no server listens at /gone', {remedy: 'start it'});
			},
		},
	});
	await app.shows(/here\s+(?:running|exited)/v);
	await app.press('E', 'j', enter);
	const text = await app.shows('no server listens at /gone');
	t.true(text.includes('start it'));
	t.regex(text, / holm {2}first {2}connected/v);
	await app.press(escape);
	await delay(30);
	await app.press('E', 'G');
	await app.shows('Another engine, by address');
	await app.press('j', 'j', enter);
	await app.shows(' unix:///path, tcp://host:port');
	await app.press('unix:///gone', enter);
	await app.shows('no server listens at /gone');
	engine.close();
});

test('an engine that never connected can be left, and a slow switch can be cancelled', async t => {
	const two = await engineWith('there');
	const {promise: never} = Promise.withResolvers<Engine>();
	await using app = await openApp({
		async connect() {
			throw new HolmError('unavailable', 'it is not there');
		},
		engines: {'unix:///two': async () => two, 'unix:///slow': async () => never},
	});
	await app.shows('LOST');
	await app.press('E', 'j', enter);
	await app.shows(/there\s+(?:running|exited)/v);
	await app.press('E', 'j', enter);
	await app.shows('Connecting to /slow');
	await app.press('E');
	await app.shows('Not while a job is running');
	await app.press('\u{18}');
	await app.shows('Connecting to /slow: cancelled');
	t.regex(app.lines().join('\n'), / holm {2}\/two {2}connected/v);
	two.close();
});

test('undo does not recreate containers on another engine', async t => {
	const one = await engineWith('here');
	const two = await engineWith('there');
	await using app = await openApp({engine: one, engines: {'unix:///two': async () => two}});
	await app.shows(/here\s+(?:running|exited)/v);
	await app.press('D');
	await app.shows('Remove here?');
	await app.press('y');
	await app.shows('No containers');
	await app.press('E', 'j', enter);
	await app.shows('Switched to /two');
	await app.press('u');
	t.regex(await app.shows('No removal to undo'), /there\s+(?:running|exited)/v);
	one.close();
	two.close();
});
