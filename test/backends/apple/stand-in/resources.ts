import {existsSync, readFileSync} from 'node:fs';
import {text as read} from 'node:stream/consumers';
import path from 'node:path';
import {messageOf} from '../../../../source/engine/errors.js';
import {packEntries, walk} from '../../../../source/archive/pack.js';
import {compact, dateOf, parseWords} from './grammar.js';
import {Refusal, type Invocation} from './invocation.js';
import {dropDirectory, installKernel, kernelOf, makeDirectory, type World} from './world.js';

type Command = (world: World, words: readonly string[], invocation: Invocation) => Promise<number>;

const labelsOf = (texts: readonly string[]) => Object.fromEntries(texts.map(text => {
	const [key = '', ...value] = text.split('=');
	return [key, value.join('=')];
}));

const listOptions = {'--format': 'value', '-q': 'flag', '--quiet': 'flag'} as const;

const networks: Readonly<Record<string, Command>> = {
	async ls({networks: all, memory}, words, {out}) {
		parseWords(words, listOptions);
		await out(compact(await Promise.all([...all.values()].toSorted((one, other) => one.id.localeCompare(other.id)).map(async ({
			id,
			createdAt,
			internal,
			labels,
			subnet,
			memoryId,
		}) => {
			const network = await memory.network(memoryId);
			return {
				id,
				configuration: {
					name: id,
					creationDate: dateOf(createdAt),
					mode: internal ? 'hostOnly' : 'nat',
					labels,
					options: {},
					plugin: 'container-network-vmnet',
					ipv4Subnet: subnet,
				},
				status: {ipv4Subnet: network.subnet, ipv4Gateway: network.gateway, ipv6Subnet: 'fd4e:2f07:9b1c:3ad2::/64'},
			};
		}))));
		return 0;
	},
	async create({networks: all, memory}, words, {out}) {
		const parsed = parseWords(
			words,
			{'--internal': 'flag', '--label': 'value', '--option': 'value', '--plugin': 'value', '--subnet': 'value', '--subnet-v6': 'value'},
		);
		const [id = ''] = parsed.operands;
		if (!/^[a-z\d](?:[a-z\d._\-]{0,61}[a-z\d])?$/v.test(id)) {
			throw new Refusal(`invalid network name: ${id}`);
		}

		if (all.has(id)) {
			throw new Refusal(`network ${id} already exists`);
		}

		const labels = labelsOf(parsed.values('--label'));
		if (Object.entries(labels).some(([key, value]) => !/^[a-z\d](?:[a-z\d.\-]{0,61}[a-z\d])?$/v.test(key) || value.length > 4096)) {
			throw new Refusal('invalid label');
		}

		const subnet = parsed.value('--subnet');
		try {
			const {id: memoryId} = await memory.createNetwork({
				name: `stand-in-${id}`,
				driver: 'bridge',
				internal: parsed.has('--internal'),
				labels: {},
				subnet,
			});
			all.set(id, {id, createdAt: Date.now(), internal: parsed.has('--internal'), labels, subnet, memoryId});
		} catch {
			throw new Refusal(`IPv4 subnet ${subnet} overlaps an existing network with subnet ${subnet}`);
		}

		await out(`${id}\n`);
		return 0;
	},
	async delete(world, words, {out, err}) {
		const {operands: [id = '']} = parseWords(words, {'-a': 'flag', '--all': 'flag'});
		const network = world.networks.get(id);
		if (!network) {
			throw new Refusal(`failed to delete one or more networks: ["${id}"]`);
		}

		if (id === 'default') {
			throw new Refusal('cannot delete a builtin network: default');
		}

		const users = [...world.containers.values()].filter(({configuration}) => configuration.networks.some(other => other.network === id));
		if (users.length > 0) {
			await err(`failed to delete network: ["error": internalError: "failed to delete network" (cause: "invalidState: "cannot delete subnet ${id} with referring containers: ${users.map(user => user.id).join(', ')}""), "id": ${id}]\n`);
			throw new Refusal(`delete failed for one or more networks: ["${id}"]`);
		}

		await world.memory.removeNetwork(network.memoryId);
		world.networks.delete(id);
		await out(`${id}\n`);
		return 0;
	},
};

const volumes: Readonly<Record<string, Command>> = {
	async ls({volumes: all}, words, {out}) {
		parseWords(words, listOptions);
		await out(compact([...all.values()].toReversed().map(({name, createdAt, labels, source}) => ({
			id: name, configuration: {
				name,
				creationDate: dateOf(createdAt),
				driver: 'local',
				format: 'ext4',
				labels,
				options: {},
				source,
				sizeInBytes: 549_755_813_888,
			},
		}))));
		return 0;
	},
	async create(world, words, {out}) {
		const parsed = parseWords(words, {'--label': 'value', '--opt': 'value', '-s': 'value'});
		const [name = ''] = parsed.operands;
		if (!/^[\dA-Za-z][\w.\-]*$/v.test(name)) {
			throw new Refusal(`invalid volume name '${name}'`);
		}

		if (world.volumes.has(name)) {
			throw new Refusal(`volume '${name}' already exists`);
		}

		await world.memory.createVolume({name});
		world.volumes.set(
			name,
			{name, createdAt: Date.now(), labels: labelsOf(parsed.values('--label')), source: makeDirectory(world, 'volumes', name)},
		);
		await out(`${name}\n`);
		return 0;
	},
	async delete(world, words, {out, err}) {
		const {operands: [name = '']} = parseWords(words, {'-a': 'flag', '--all': 'flag'});
		if (!world.volumes.has(name)) {
			throw new Refusal(`failed to delete one or more volumes: ["${name}"]`);
		}

		if (world.containers.values().some(container => container.volumes.includes(name))) {
			await err(`failed to delete volume: ["error": volume '${name}' is currently in use and cannot be accessed by another container, or deleted, "id": ${name}]\n`);
			throw new Refusal(`delete failed for one or more volumes: ["${name}"]`);
		}

		await world.memory.removeVolume(name);
		world.volumes.delete(name);
		dropDirectory(world, 'volumes', name);
		await out(`${name}\n`);
		return 0;
	},
};

const images: Readonly<Record<string, Command>> = {
	async ls({images: store}, words, {out}) {
		parseWords(words, {...listOptions, '-v': 'flag'});
		await out(compact(store.list()));
		return 0;
	},
	async inspect({images: store}, words, {out}) {
		const {operands: [reference = '']} = parseWords(words, {});
		const {name} = store.find(reference);
		await out(compact(store.list().filter(({configuration}) => configuration.name === name)));
		return 0;
	},
	async tag({images: store}, words, {out}) {
		const {operands: [source = '', target = '']} = parseWords(words, {});
		await out(`${store.tag(source, target)}\n`);
		return 0;
	},
	async delete({images: store}, words, {out}) {
		const {operands: [reference = '']} = parseWords(words, {'-a': 'flag', '--all': 'flag', '-f': 'flag'});
		try {
			store.remove(reference);
		} catch {
			throw new Refusal(`failed to delete one or more images: ["${reference}"]`);
		}

		await out(`${reference}\n`);
		return 0;
	},
	async save({images: store}, words, {out}) {
		const parsed = parseWords(words, {'-o': 'value', '--output': 'value', '--platform': 'value', '--os': 'value', '--arch': 'value'});
		for await (const chunk of store.save(parsed.operands)) {
			await out(chunk as Uint8Array);
		}

		return 0;
	},
	async load({images: store}, words, {out}) {
		const parsed = parseWords(words, {'-i': 'value', '--input': 'value', '-f': 'flag'});
		await out((await store.load(parsed.value('-i') ?? '')).map(name => `${name}\n`).join(''));
		return 0;
	},
	async pull({images: store, memory}, words, {err}) {
		const {operands: [reference = '']} = parseWords(
			words,
			{'--progress': 'value', '--platform': 'value', '--os': 'value', '--arch': 'value', '--scheme': 'value'},
		);
		try {
			for await (const {status = '', id = ''} of memory.pullImage(reference)) {
				await err(`${id} ${status}\n`);
			}
		} catch (error) {
			throw new Refusal(`image with reference ${reference} not found (cause: "${messageOf(error)}")`);
		}

		await store.takeFromMemory(reference);
		return 0;
	},
	async push(_world, words) {
		const {operands: [reference = '']} = parseWords(words, {'--progress': 'value', '--platform': 'value'});
		throw new Refusal(`no credentials found for ${reference}`);
	},
};

const sample = (name: string) => readFileSync(new URL(`../../../../../test/backends/apple/samples/${name}`, import.meta.url));

const system: Readonly<Record<string, Command>> = {
	async version({isServing}, words, {out}) {
		parseWords(words, listOptions);
		await out(sample(isServing ? '1.2-system-version.json' : '1.2-system-version-server-down.json'));
		return 0;
	},
	async start(world, words, {out, err}) {
		const parsed = parseWords(words, {
			'-a': 'value', '--app-root': 'value', '--install-root': 'value', '--log-root': 'value', '--timeout': 'value', '--enable-kernel-install': 'flag', '--disable-kernel-install': 'flag',
		});
		await err('Launching container-apiserver...\nTesting access to container-apiserver...\n');
		world.isServing = true;
		if (parsed.has('--enable-kernel-install')) {
			installKernel(world);
		} else if (!parsed.has('--disable-kernel-install') && !existsSync(kernelOf(world))) {
			await out('No default kernel configured.\nInstall the recommended default kernel? [Y/n]: ');
			throw new Refusal('failed to read user input');
		}

		return 0;
	},
	async stop(world, words) {
		parseWords(words, {'-p': 'value'});
		world.isServing = false;
		return 0;
	},
	async kernel(world, [verb, ...words], {err, hasTerminal}) {
		const parsed = parseWords(words, {'--recommended': 'flag', '--arch': 'value', '--binary': 'value', '--tar': 'value', '--force': 'flag'});
		if (verb !== 'set' || !parsed.has('--recommended')) {
			throw new Refusal('Missing argument');
		}

		if (!hasTerminal) {
			throw new Refusal('without a terminal it would wait for ever');
		}

		await err('\r\u{1B}[2K[1/2] Downloading kernel 50%\r\u{1B}[2K[2/2] Unpacking kernel\n');
		installKernel(world);
		return 0;
	},
	async status({root, isServing}, words, {out}) {
		parseWords(words, {...listOptions, '-p': 'value'});
		if (!isServing) {
			await out(sample('1.2-system-status-unregistered.json'));
			return 1;
		}

		await out(compact({
			status: 'running',
			appRoot: `${root}/`,
			installRoot: '/usr/local/',
			apiServerVersion: '',
			apiServerCommit: '',
			apiServerBuild: 'release',
			apiServerAppName: 'container-apiserver',
		}));
		return 0;
	},
};

const registry: Readonly<Record<string, Command>> = {
	async list(_world, words, {out}) {
		parseWords(words, listOptions);
		await out('[]\n');
		return 0;
	},
	async login({memory}, words, {input, out}) {
		const parsed = parseWords(words, {'-u': 'value', '--password-stdin': 'flag'});
		const password = (await read(input())).trim();
		try {
			await memory.checkCredentials({username: parsed.value('-u') ?? '', password, server: parsed.operands[0]});
		} catch (error) {
			throw new Refusal(`401 Unauthorized: ${messageOf(error)}`);
		}

		await out('Login succeeded\n');
		return 0;
	},
	async logout(_world, words) {
		parseWords(words, {});
		return 0;
	},
};

/** Gives an engine with machines the image that a build begins with. Resolves with the layers that an engine in memory leaves out of what it builds. */
const layersBelow = async ({images: store, memory, isReal}: World, base: string): Promise<readonly string[]> => {
	let index: string;
	try {
		({index} = store.find(base));
	} catch {
		// It is pulled.
		return [];
	}

	if (!isReal) {
		return store.layersOf(index);
	}

	const {Env: variables = [], WorkingDir: directory = '', Cmd: command, Entrypoint: entrypoint} = store.configOf(index).config ?? {};
	await memory.importImage(await store.flatten(index), {tag: base, changes: [
		...variables.map(variable => `ENV ${variable.replace('=', '="')}"`),
		...directory === '' ? [] : [`WORKDIR ${directory}`],
		...command ? [`CMD ${JSON.stringify(command)}`] : [],
		...entrypoint ? [`ENTRYPOINT ${JSON.stringify(entrypoint)}`] : [],
	]});
	return [];
};

/** Builds in the engine that does the work, which prints in the manner of a classic builder. */
const build: Command = async (world, words, {err, out}) => {
	const parsed = parseWords(words, {
		'-t': 'value', '-f': 'value', '--build-arg': 'value', '--target': 'value', '--no-cache': 'flag', '--pull': 'flag', '-o': 'value', '--platform': 'value', '-l': 'value', '-q': 'flag', '--progress': 'value', '-c': 'value', '-m': 'value',
	});
	const [directory = '.'] = parsed.operands;
	const file = parsed.value('-f')!;
	const base = /^FROM (?<base>\S+)$/mv.exec(readFileSync(file, 'utf8'))?.groups?.base ?? 'scratch';
	const tag = parsed.value('-t')!;
	await err('Dialing builder\n');
	const below = await layersBelow(world, base);
	for await (const {text: printed} of world.memory.buildImage(packEntries(walk(directory, '.')), {
		tags: [tag],
		file: path.relative(directory, file),
		buildArguments: labelsOf(parsed.values('--build-arg')),
		labels: labelsOf(parsed.values('-l')),
		noCache: parsed.has('--no-cache'),
		pull: parsed.has('--pull'),
		...parsed.has('--target') && {target: parsed.value('--target')},
	})) {
		if (printed !== undefined && !printed.startsWith('Successfully')) {
			await err(printed);
		}
	}

	await world.images.takeFromMemory(tag, below);
	await out(`${tag}\n`);
	return 0;
};

const groups: Readonly<Record<string, Readonly<Record<string, Command>>>> = {
	network: networks, volume: volumes, image: images, system, registry,
};

/** The commands of two words, and `build`. */
export const findCommand = (first: string, second: string): {readonly run: Command; readonly count: number} | undefined => {
	if (first === 'build') {
		return {run: build, count: 1};
	}

	const run = groups[first]?.[second];
	return run && {run, count: 2};
};
