import {existsSync, readFileSync, statSync} from 'node:fs';
import {type Readable} from 'node:stream';
import {HolmError, messageOf} from '../../../../source/engine/errors.js';
import type {Mount} from '../../../../source/engine/resources.js';
import type {Session} from '../../../../source/engine/sessions.js';
import {configuration as configured} from '../../../engine/resources.js';
import {tarOf} from '../../../contract/laboratory.js';
import {compact, parseWords, type Options} from './grammar.js';
import {Refusal, type Invocation} from './invocation.js';
import {repack} from './repack.js';
import {
	documentOf,
	dropDirectory,
	findContainer,
	isRunning,
	makeDirectory,
	type MountedFile,
	type StandInContainer,
	type World,
} from './world.js';

type Command = (world: World, words: readonly string[], invocation: Invocation) => Promise<number>;

const processOptions: Options = {
	'-e': 'value', '--env': 'value', '--env-file': 'value', '--uid': 'value', '--gid': 'value', '-u': 'value', '--user': 'value',
	'-i': 'flag', '--interactive': 'flag', '-t': 'flag', '--tty': 'flag', '--ulimit': 'value', '-w': 'value', '--workdir': 'value', '--cwd': 'value',
};

const optionsOfCreate: Options = {
	...processOptions,
	'-c': 'value', '--cpus': 'value', '-m': 'value', '--memory': 'value', '--name': 'value', '--rm': 'flag', '--cidfile': 'value',
	'-l': 'value', '--label': 'value', '-p': 'value', '--publish': 'value', '--publish-socket': 'value', '-v': 'value', '--volume': 'value', '--mount': 'value',
	'--tmpfs': 'value', '--shm-size': 'value', '--network': 'value', '--dns': 'value', '--dns-domain': 'value', '--dns-search': 'value', '--dns-option': 'value', '--no-dns': 'flag',
	'--entrypoint': 'value', '--init': 'flag', '--read-only': 'flag', '--masked-path': 'value', '--read-only-path': 'value', '--cap-add': 'value', '--cap-drop': 'value',
	'--os': 'value', '--arch': 'value', '-a': 'value', '--platform': 'value', '-k': 'value', '--kernel': 'value', '--progress': 'value',
};

const label = (text: string): readonly [string, string] => {
	const parts = text.split('=');
	if (parts.length !== 2 || parts[1] === '') {
		throw new Refusal(`invalid label format ${text}`);
	}

	return [parts[0]!, parts[1]!];
};

const port = (text: string) => {
	const {
		address,
		v6,
		host,
		guest,
		proto,
	} = /^(?:\[(?<v6>[^\]]+)\]:|(?<address>[\d.]+):)?(?<host>\d+):(?<guest>\d+)(?:\/(?<proto>tcp|udp))?$/v.exec(text)?.groups ?? {};
	if (host === undefined || host === '0') {
		throw new Refusal(`invalid publish value: ${text}`);
	}

	return {hostAddress: v6 ?? address ?? '0.0.0.0', hostPort: Number(host), containerPort: Number(guest), proto: proto ?? 'tcp', count: 1};
};

const mount = (world: World, text: string): {
	readonly apple: Record<string, unknown>;
	readonly memory: Mount;
	readonly volume?: string;
	readonly file?: MountedFile;
} => {
	const [source = '', target = '', mode] = text.split(':');
	const isReadOnly = mode === 'ro';
	const options = isReadOnly ? ['ro'] : [];
	if (!source.startsWith('/')) {
		const volume = world.volumes.get(source);
		return {
			apple: {
				type: {volume: {name: source, format: 'ext4', cache: {on: {}}, sync: {fsync: {}}}},
				source: volume?.source ?? '',
				destination: target,
				options,
			},
			memory: {type: 'volume', source, target, readOnly: isReadOnly, noCopy: true},
			volume: source,
		};
	}

	if (!existsSync(source)) {
		throw new Refusal(`path '${source}' does not exist`);
	}

	return {
		apple: {
			type: {virtiofs: {}},
			source,
			destination: target,
			options,
		}, memory: {type: 'bind', source, target, readOnly: isReadOnly}, ...statSync(source).isFile() && {file: {source, target}},
	};
};

const megabytes = (text: string): number => {
	const bytes = Number.parseInt(text, 10) * (text.endsWith('M') ? 1024 ** 2 : 1);
	if (bytes < 200 * 1024 ** 2) {
		throw new Refusal(`minimum memory amount allowed is 200 MiB (got ${bytes} bytes)`);
	}

	return bytes;
};

/** The process of a container: what the image says, unless the words say otherwise. */
const processOf = (
	config: NonNullable<ReturnType<World['images']['configOf']>['config']>,
	{value, values}: ReturnType<typeof parseWords>,
	command: readonly string[],
) => {
	// A member may be null.
	const [entrypoint, defaults, variables] = [config.Entrypoint ?? [], config.Cmd ?? [], config.Env ?? []];
	const given = value('--entrypoint');
	const own = values('-e');
	return {
		argv: [...given === undefined ? entrypoint : [given], ...command.length > 0 || given !== undefined ? command : defaults],
		environment: [...variables.filter(variable => !own.some(other => other.startsWith(variable.slice(0, variable.indexOf('=') + 1)))), ...own],
		user: value('-u') ?? config.User ?? '',
		workingDirectory: value('-w') ?? config.WorkingDir ?? '',
	};
};

const create: Command = async (world, words, {out, err}) => {
	const parsed = parseWords(words, optionsOfCreate, true);
	const [reference, ...command] = parsed.operands;
	if (reference === undefined) {
		throw new Refusal('Missing expected argument \'<image>\'', 64);
	}

	const id = parsed.value('--name') ?? `made-up-${world.containers.size}`;
	if (!/^[\dA-Za-z][\w\-.]{1,62}$/v.test(id)) {
		throw new Refusal(`container ID ${id} is not a valid container ID`);
	}

	if (world.containers.has(id)) {
		throw new Refusal(`container already exists: ${id}`);
	}

	const labels = Object.fromEntries(parsed.values('-l').map(text => label(text)));
	const ports = parsed.values('-p').map(text => port(text));
	if (new Set(ports.map(({hostPort, proto}) => `${hostPort}/${proto}`)).size < ports.length) {
		throw new Refusal('host ports for different publish port specs may not overlap');
	}

	const mounts = parsed.values('-v').map(text => mount(world, text));
	const memoryBytes = megabytes(parsed.value('-m') ?? '1024M');
	const networks = (parsed.values('--network').length === 0 ? ['default'] : parsed.values('--network')).map(text => {
		const [network = '', mac] = text.split(',mac=');
		if (network !== 'none' && !world.networks.has(network)) {
			throw new Refusal(`network ${network} not found`);
		}

		return {network, options: {hostname: id, mtu: 1280, macAddress: mac}};
	}).filter(({network}) => network !== 'none');
	const {name, index} = world.images.find(reference);
	const config = world.images.configOf(index).config ?? {};
	const {argv, environment, user, workingDirectory} = processOf(config, parsed, command);
	const StopSignal = config.StopSignal ?? undefined;
	const isTerminal = parsed.has('-t');
	const tmpfs = [
		...parsed.values('--tmpfs'),
		...parsed.values('--mount').map(text => /target=(?<target>[^,]+)/v.exec(text)!.groups!.target!),
	];
	await err('\u{1B}[?25l[1/1] Creating\r\u{1B}[K');
	const {id: memoryId} = await world.memory.createContainer(configured({
		image: await world.images.inMemory(index),
		entrypoint: [],
		command: argv,
		environment,
		workingDirectory,
		...user !== '' && {user},
		terminal: isTerminal,
		openStdin: parsed.has('-i'),
		networks: networks.length === 0 ? [{network: 'none', aliases: []}] : networks.map(({network, options: {macAddress}}) => ({
			network: world.networks.get(network)!.memoryId,
			aliases: [],
			...macAddress !== undefined && {mac: macAddress},
		})),
		// Apple binds at the start.
		ports: ports.map(({hostAddress, hostPort, containerPort, proto}) => ({
			hostAddress,
			hostPort,
			containerPort,
			protocol: proto as 'tcp' | 'udp',
		})),
		mounts: [
			...mounts.filter(({file}) => world.isReal || file === undefined).map(({memory}) => memory),
			...tmpfs.map(target => ({type: 'tmpfs' as const, target, readOnly: false, options: []})),
		],
		readOnlyRoot: parsed.has('--read-only'),
		init: parsed.has('--init'),
		...StopSignal !== undefined && {stopSignal: StopSignal},
	}));
	makeDirectory(world, 'containers', id);
	world.containers.set(id, {
		id,
		memoryId,
		createdAt: Date.now(),
		terminal: isTerminal,
		files: mounts.flatMap(({file}) => file ?? []),
		volumes: mounts.flatMap(({volume}) => volume ?? []),
		log: '',
		configuration: {
			image: {reference: name, descriptor: {digest: index, mediaType: 'application/vnd.oci.image.index.v1+json', size: 1}},
			initProcess: {
				executable: argv[0], arguments: argv.slice(1), environment, workingDirectory: parsed.value('-w') ?? '/', terminal: isTerminal, user: user === '' ? {id: {uid: 0, gid: 0}} : {raw: {userString: user}}, supplementalGroups: [], rlimits: [],
			},
			platform: {os: 'linux', architecture: world.architecture},
			resources: {cpus: Number(parsed.value('-c') ?? 4), memoryInBytes: memoryBytes, cpuOverhead: 1},
			mounts: [
				...mounts.map(({apple}) => apple),
				...tmpfs.map(target => ({type: {tmpfs: {}}, source: 'tmpfs', destination: target, options: []})),
			],
			publishedPorts: ports,
			networks,
			dns: {nameservers: parsed.values('--dns'), searchDomains: parsed.values('--dns-search'), options: parsed.values('--dns-option')},
			labels,
			readOnly: parsed.has('--read-only'),
			useInit: parsed.has('--init'),
			capAdd: parsed.values('--cap-add'),
			capDrop: parsed.values('--cap-drop'),
			stopSignal: StopSignal,
		},
	});
	await out(`${id}\n`);
	return 0;
};

const pump = async (source: Readable, write: (bytes: Uint8Array) => Promise<void>) => {
	for await (const chunk of source) {
		await write(chunk as Uint8Array);
	}
};

const passInput = (invocation: Invocation, session: Session) => {
	invocation.input().pipe(session.stdin);
};

/** Shows a container the files of the host that are mounted in it, such as its `/etc/hosts`. */
const syncFiles = async ({memory, isReal}: World, {files, memoryId}: StandInContainer) => {
	if (files.length > 0 && !isReal) {
		await memory.writeArchive(memoryId, '/', tarOf(files.map(({source, target}) => [target.slice(1), readFileSync(source, 'utf8')])));
	}
};

const bootstrapFailure = (id: string, error: unknown): Refusal => {
	const message = messageOf(error);
	const isPort = message.includes('port is already allocated');
	return new Refusal(isPort
		? `failed to bootstrap container (cause: "internalError: "failed to bootstrap container ${id} (cause: "unknown: "bind(descriptor:ptr:bytes:): Address already in use) (errno: 48)"")"")`
		: `failed to bootstrap container (cause: "internalError: "failed to start process (cause: "unknown: "${message}"")"")`);
};

const start: Command = async (world, words, invocation) => {
	const parsed = parseWords(words, {'-a': 'flag', '--attach': 'flag', '-i': 'flag', '--interactive': 'flag', '--progress': 'value'});
	const [id = ''] = parsed.operands;
	const container = findContainer(world, id, name => `get failed: container ${name} not found`);
	const isAttached = parsed.has('-a') || parsed.has('--attach');
	if (await isRunning(world, container)) {
		if (isAttached) {
			throw new Refusal('attach is currently unsupported on already running containers');
		}

		await invocation.out(`${id}\n`);
		return 0;
	}

	for (const other of world.containers.values()) {
		if (other !== container && other.volumes.some(name => container.volumes.includes(name)) && await isRunning(world, other)) {
			throw new Refusal('failed to bootstrap container (cause: "invalidState: "volume is currently in use and cannot be accessed by another container, or deleted"")');
		}
	}

	if (container.terminal && parsed.has('-i') && !invocation.hasTerminal) {
		throw new Refusal('failed to exec process POSIXErrorCode(rawValue: 25): Inappropriate ioctl for device');
	}

	await syncFiles(world, container);
	const session = isAttached ? await world.memory.attachContainer(container.memoryId, {stdin: parsed.has('-i')}) : undefined;
	try {
		await world.memory.startContainer(container.memoryId);
	} catch (error) {
		session?.close();
		throw bootstrapFailure(id, error);
	}

	container.startedAt = Date.now();
	container.log = '';
	if (!session) {
		await invocation.out(`${id}\n`);
		return 0;
	}

	invocation.onSignal = number => {
		world.memory.killContainer(container.memoryId, String(number)).catch(() => undefined);
	};

	if (parsed.has('-i')) {
		passInput(invocation, session);
	}

	const ended = world.memory.waitContainer(container.memoryId, 'next-exit');
	await Promise.all([
		pump(session.stdout, async bytes => {
			container.log += String(bytes);
			await invocation.out(bytes);
		}),
		pump(session.stderr, async bytes => {
			container.log += String(bytes);
			await invocation.err(bytes);
		}),
	]);
	return (await ended).exitCode;
};

const each = async (
	world: World,
	{operands, out, verb}: {readonly operands: readonly string[]; readonly out: Invocation['out']; readonly verb: string},
	act: (container: StandInContainer) => Promise<void>,
): Promise<number> => {
	const failures: string[] = [];
	if (operands.length === 0) {
		throw new Refusal('no containers specified and --all not supplied');
	}

	for (const id of operands) {
		try {
			const container = world.containers.get(id);
			if (!container) {
				throw new Refusal(`notFound: "container with ID ${id} not found"`);
			}

			await act(container);
			await out(`${id}\n`);
		} catch (error) {
			failures.push(`internalError: "failed to ${verb} container" (cause: "${messageOf(error)}")`);
		}
	}

	if (failures.length > 0) {
		throw new Refusal(failures.join('\n'));
	}

	return 0;
};

const stop: Command = async (world, words, invocation) => {
	const parsed = parseWords(words, {'-a': 'flag', '--all': 'flag', '-s': 'value', '--signal': 'value', '-t': 'value', '--time': 'value'});
	return each(world, {operands: parsed.operands, out: invocation.out, verb: 'stop'}, async container => {
		if (await isRunning(world, container)) {
			await world.memory.stopContainer(container.memoryId, {signal: parsed.value('-s'), timeoutSeconds: Number(parsed.value('-t') ?? 5)});
		}
	});
};

const kill: Command = async (world, words, invocation) => {
	const parsed = parseWords(words, {'-a': 'flag', '--all': 'flag', '-s': 'value', '--signal': 'value'});
	return each(world, {operands: parsed.operands, out: invocation.out, verb: 'kill'}, async container => {
		if (!await isRunning(world, container)) {
			throw new Refusal('invalidState: "no runtime client exists: container is stopped"');
		}

		await world.memory.killContainer(container.memoryId, parsed.value('-s') ?? 'KILL');
	});
};

const remove: Command = async (world, words, invocation) => {
	const parsed = parseWords(words, {'-a': 'flag', '--all': 'flag', '-f': 'flag', '--force': 'flag'});
	return each(world, {operands: parsed.operands, out: invocation.out, verb: 'delete'}, async container => {
		if (await isRunning(world, container) && !parsed.has('-f') && !parsed.has('--force')) {
			throw new Refusal(`invalidState: "container ${container.id} is running and can not be deleted"`);
		}

		await world.memory.removeContainer(container.memoryId, {force: true});
		world.containers.delete(container.id);
		dropDirectory(world, 'containers', container.id);
	});
};

const list: Command = async (world, words, {out}) => {
	const parsed = parseWords(words, {'-a': 'flag', '--all': 'flag', '-q': 'flag', '--quiet': 'flag', '--format': 'value'});
	const documents = await Promise.all(world.containers.values().map(async container => documentOf(world, container)));
	// The order is one of chance.
	const shown = documents.filter(({status}) => parsed.has('-a') || status.state === 'running').toSorted((one, other) => one.id.length - other.id.length);
	await out(compact(shown));
	return 0;
};

const inspect: Command = async (world, words, {out}) => {
	const {operands} = parseWords(words, {});
	const missing = operands.filter(id => !world.containers.has(id)).toSorted();
	if (missing.length > 0) {
		throw new Refusal(`container not found: ${missing.join(', ')}`);
	}

	await out(`${JSON.stringify(await Promise.all(operands.map(async id => documentOf(world, world.containers.get(id)!))), undefined, 2)}\n`);
	return 0;
};

/** Programs of an image that the engine in memory does not have. */
const guestPrograms: Readonly<Record<string, Command>> = {
	async ps(world, [id = '', ...words], {out}) {
		const {titles, processes} = await world.memory.top(world.containers.get(id)!.memoryId, words.join(' '));
		await out([titles, ...processes].map(row => `${row.join(' ')}\n`).join(''));
		return 0;
	},
	async tar(world, [id = '', ...words], invocation) {
		const {memoryId} = world.containers.get(id)!;
		const parsed = parseWords(words, {'-cf': 'value', '-xf': 'value', '-C': 'value', '--no-recursion': 'flag'});
		const directory = parsed.value('-C') ?? '/';
		try {
			if (parsed.has('-xf')) {
				await world.memory.writeArchive(memoryId, directory, invocation.input());
				return 0;
			}

			const [name = '.'] = parsed.operands;
			const {tar} = await world.memory.readArchive(memoryId, name === '.' ? `${directory}/.` : `${directory}/${name}`);
			await pump(repack(tar, name.startsWith('./') ? entry => `./${entry}` : entry => entry), invocation.out);
			return 0;
		} catch (error) {
			await invocation.err(`tar: ${messageOf(error)}\n`);
			return 1;
		}
	},
};

const exec: Command = async (world, words, invocation) => {
	const parsed = parseWords(words, {...processOptions, '-d': 'flag', '--detach': 'flag'}, true);
	const [id = '', ...command] = parsed.operands;
	const container = findContainer(world, id, name => `get failed: container ${name} not found`);
	if (!await isRunning(world, container)) {
		throw new Refusal(`container ${id} is not running`);
	}

	if (command.length === 0) {
		throw new Refusal('no command specified for exec');
	}

	if (parsed.has('-t') && parsed.has('-i') && !invocation.hasTerminal) {
		throw new Refusal('failed to exec process POSIXErrorCode(rawValue: 25): Inappropriate ioctl for device');
	}

	await syncFiles(world, container);
	const program = world.isReal ? undefined : guestPrograms[command[0]!];
	if (program) {
		return program(world, [id, ...command.slice(1)], invocation);
	}

	const execId = await world.memory.createExec(container.memoryId, {
		command, terminal: parsed.has('-t'), stdin: parsed.has('-i'), environment: parsed.values('-e'), privileged: false,
		workingDirectory: parsed.value('-w'), user: parsed.value('-u'),
	});
	let session: Session;
	try {
		session = await world.memory.startExec(execId);
	} catch (error) {
		throw new Refusal(error instanceof HolmError && error.code === 'not-executable' ? 'failed to exec process (cause: "unknown: "permission denied"")' : `failed to exec process (cause: "unknown: "${messageOf(error)}"")`);
	}

	if (parsed.has('-i')) {
		passInput(invocation, session);
	}

	invocation.gone.addEventListener('abort', () => {
		session.close();
	});
	await Promise.all([pump(session.stdout, invocation.out), pump(session.stderr, invocation.err)]);
	return (await world.memory.exec(execId)).exitCode ?? 1;
};

const logs: Command = async (world, words, {out}) => {
	const parsed = parseWords(words, {'--boot': 'flag', '-f': 'flag', '--follow': 'flag', '-n': 'value'});
	const [id = ''] = parsed.operands;
	const container = findContainer(world, id, name => `failed to get logs for container ${name} (cause: "internalError: "failed to open container logs: notFound: "container with ID ${name} not found""")`);
	if (parsed.has('--boot')) {
		for await (const {bytes} of world.memory.bootLog!(container.memoryId)) {
			await out(bytes);
		}

		return 0;
	}

	const lines = container.log.split('\n').filter(line => line !== '');
	const count = parsed.value('-n');
	await out((count === undefined ? lines : lines.slice(Math.max(lines.length - Number(count), 0))).map(line => `${line}\n`).join(''));
	return 0;
};

const stats: Command = async (world, words, {out}) => {
	const parsed = parseWords(words, {'--format': 'value', '--no-stream': 'flag'});
	for (const id of parsed.operands) {
		findContainer(world, id, name => `no such container: ${name}`);
	}

	const {stats: readings} = await world.memory.snapshot({stats: true});
	await out(compact([...world.containers.values()].flatMap(({id, memoryId}) => {
		const reading = readings[memoryId];
		return reading && (parsed.operands.length === 0 || parsed.operands.includes(id)) ? [{
			id,
			cpuUsageUsec: Math.floor(reading.cpuNanoseconds / 1000),
			memoryUsageBytes: reading.memoryBytes,
			memoryLimitBytes: reading.memoryLimitBytes,
			networkRxBytes: reading.networks.eth0?.receivedBytes ?? 0,
			networkTxBytes: reading.networks.eth0?.sentBytes ?? 0,
			blockReadBytes: reading.blockReadBytes,
			blockWriteBytes: reading.blockWrittenBytes,
			numProcesses: reading.pids,
		}] : [];
	})));
	return 0;
};

const exportDisk: Command = async (world, words, {out}) => {
	const {operands: [id = '']} = parseWords(words, {'-o': 'value'});
	const container = findContainer(world, id, name => `get failed: container ${name} not found`);
	await pump(await world.memory.exportContainer(container.memoryId), out);
	return 0;
};

export const containerCommands: Readonly<Record<string, Command>> = {
	create, start, stop, kill, delete: remove, rm: remove, list, ls: list, inspect, exec, logs, stats, export: exportDisk,
};
