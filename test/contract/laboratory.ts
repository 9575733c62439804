import {Buffer} from 'node:buffer';
import {createServer} from 'node:net';
import {once} from 'node:events';
import {PassThrough, Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import type {ExecutionContext} from 'ava';
import {pack, type Header} from 'tar-stream';
import type {Engine} from '../../source/engine/engine.js';
import type {BuildOptions} from '../../source/engine/build.js';
import type {ExecConfiguration} from '../../source/engine/execs.js';
import type {LogOptions} from '../../source/engine/logs.js';
import type {Session} from '../../source/engine/sessions.js';
import {HolmError, type ErrorCode} from '../../source/engine/errors.js';
import type {Container, ContainerConfiguration, NetworkConfiguration} from '../../source/engine/resources.js';
import {configuration} from '../engine/resources.js';

/** Features that a backend lacks; their tests are left out. */
export type Lacks = {
	/** Container names are not resolved, or records cannot be listed. */
	readonly dns?: boolean;
	/** Containers have no VM. */
	readonly machine?: boolean;
	/** No registry with known and unknown images is reachable. */
	readonly registry?: boolean;
	/** Refusals follow another engine's rules: codes come from HTTP statuses, messages may not name the resource, changes may remain, and some errors come at the start or never. */
	readonly refusals?: boolean;
	/** Stopped containers hold no addresses. */
	readonly restingLeases?: boolean;
	/** A part of a volume cannot be mounted. */
	readonly subpaths?: boolean;
	readonly pause?: boolean;
	/** The engine may report a pause, and its end, with a delay. */
	readonly promptPause?: boolean;
	/** Stops always use the signal from the container's creation. */
	readonly stopSignals?: boolean;
	/** Mount points are part of the disk. */
	readonly cleanMounts?: boolean;
	/** Images of archives are not chosen by platform, and images not removed by it. */
	readonly platforms?: boolean;
	/** Standard input ends when the first attached client leaves. */
	readonly detaching?: boolean;
	/** Host names are in `/etc/hosts` only. */
	readonly hostnames?: boolean;
	/** Addresses, gateways and ranges cannot be chosen. */
	readonly addresses?: boolean;
	/** The networks of a container are fixed at its first start. */
	readonly connecting?: boolean;
	/** A network that a stopped container asks for cannot be removed. */
	readonly freeNetworks?: boolean;
	/** Empty volumes stay empty. */
	readonly filledVolumes?: boolean;
	/** A port is published on one address family at a time. */
	readonly bothFamilies?: boolean;
	/** A session with logs is attached before they are read: output in between appears twice. */
	readonly seamlessLogs?: boolean;
};

export type Opened = {
	readonly engine: Engine;
	/** An image with a shell and the small tools of busybox. */
	readonly image: string;
	readonly close: () => Promise<void>;
};

export type ContractOptions = {
	readonly lacks?: Lacks;
	/** Others use the engine, too: nothing is pruned, and existing resources are not counted. */
	readonly shared?: boolean;
	/** Milliseconds that one test may take; default 2 minutes. */
	readonly timeout?: number;
	/** Only what passes streams: logs, sessions, execs and archives. */
	readonly isOfStreamsAlone?: boolean;
};

type HeaderOptions = Partial<Omit<Header, 'name'>>;

type TarEntry = readonly [name: string, content: string | HeaderOptions, headers?: HeaderOptions];

/** A tar of entries: text for a regular file, headers for other types. */
export const tarOf = (entries: readonly TarEntry[]): Readable => {
	const archive = pack();
	for (const [name, content, headers] of entries) {
		if (typeof content === 'string') {
			archive.entry({name, ...headers}, content);
		} else {
			archive.entry({name, ...content});
		}
	}

	archive.finalize();
	// A pack is not a stream of Node's, which engines expect.
	return Readable.from(archive, {objectMode: false}).pipe(new PassThrough());
};

export const freePort = async (): Promise<number> => {
	const server = createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as {port: number};
	server.close();
	await once(server, 'close');
	return port;
};

/** A command that writes `ready`, waits until SIGTERM, and then exits at once. */
export const waiting = ['sh', '-c', 'trap "exit 0" TERM; echo ready; while :; do sleep 1 & wait $!; done'];

/** A container that runs throughout the tests of one engine. Its process has the variable `OWN` with the value `container`. */
export const startStanding = async ({engine, image}: Pick<Opened, 'engine' | 'image'>): Promise<string> => {
	const {id} = await engine.createContainer(configuration({image, command: waiting, environment: ['OWN=container']}));
	await engine.startContainer(id);
	return id;
};

let counter = 0;

/** Helpers of one test; all that they create is removed after it, also if it fails. `standing` resolves with the container that all tests share. */
export const createLaboratory = (
	t: ExecutionContext,
	{engine, image, standing}: Pick<Opened, 'engine' | 'image'> & {readonly standing: () => Promise<string>},
	{lacks = {}, shared = false}: ContractOptions,
) => {
	const undo: Array<() => Promise<void>> = [];
	t.teardown(async () => {
		for (const step of undo.toReversed()) {
			await step().catch(() => undefined);
		}
	});
	const uniqueName = (stem: string) => `ct-${process.pid}-${++counter}-${stem}`;

	const create = async (given: Partial<ContainerConfiguration> = {}): Promise<string> => {
		const {id} = await engine.createContainer(configuration({image, ...given}));
		undo.push(async () => engine.removeContainer(id, {force: true, volumes: true}));
		return id;
	};

	const script = async (
		commands: string,
		given: Partial<ContainerConfiguration> = {},
	) => create({command: ['sh', '-c', commands], ...given});

	const start = async (given: Partial<ContainerConfiguration> = {}): Promise<string> => {
		const id = await create({command: waiting, ...given});
		await engine.startContainer(id);
		return id;
	};

	/** Runs commands to their end. */
	const run = async (commands: string, given: Partial<ContainerConfiguration> = {}) => {
		const id = await script(commands, given);
		await engine.startContainer(id);
		const {exitCode} = await engine.waitContainer(id);
		return {id, exitCode, ...await output(id)};
	};

	const output = async (id: string, options: LogOptions = {}) => {
		const streams = {stdout: '', stderr: ''};
		for await (const {stream, bytes} of engine.logs(id, options)) {
			streams[stream] += Buffer.from(bytes).toString();
		}

		return streams;
	};

	/** Resolves once a container has written a text. */
	const written = async (id: string, wanted: string) => {
		let all = '';
		let isOver;
		do {
			// The log of one run may end before the next one begins.
			isOver = await stateOf(id) === 'exited';
			all = '';
			for await (const {bytes} of engine.logs(id, {follow: true})) {
				all += Buffer.from(bytes).toString();
				if (all.includes(wanted)) {
					return;
				}
			}
		} while (!isOver);

		t.fail(`the container ended without writing ${JSON.stringify(wanted)}: ${JSON.stringify(all.slice(-500))}`);
	};

	const openExec = async (
		id: string,
		command: readonly string[],
		given: Partial<ExecConfiguration> = {},
	): Promise<{readonly execId: string; readonly session: Session}> => {
		const execId = await engine.createExec(id, {
			command, terminal: false, stdin: false, environment: [], privileged: false, ...given,
		});
		return {execId, session: await engine.startExec(execId)};
	};

	/** Runs a command in a container to its end. */
	const exec = async (
		id: string,
		command: readonly string[],
		{input, ...given}: Partial<ExecConfiguration> & {readonly input?: string} = {},
	) => {
		const {execId, session} = await openExec(id, command, {stdin: input !== undefined, ...given});
		if (input !== undefined) {
			session.stdin.end(input);
		}

		const [stdout, stderr] = await Promise.all([text(session.stdout), text(session.stderr)]);
		const {exitCode, running} = await engine.exec(execId);
		t.false(running, 'an exec whose output has ended does not run');
		return {stdout, stderr, exitCode};
	};

	const createNetwork = async (given: Partial<NetworkConfiguration> = {}): Promise<{readonly id: string; readonly name: string}> => {
		const name = given.name ?? uniqueName('net');
		const {id} = await engine.createNetwork({
			name, internal: false, labels: {}, driver: 'bridge', ...given,
		});
		undo.push(async () => engine.removeNetwork(id));
		return {id, name};
	};

	const createVolume = async (given: {readonly name?: string; readonly labels?: Readonly<Record<string, string>>} = {}) => {
		const volume = await engine.createVolume({name: uniqueName('volume'), ...given});
		undo.push(async () => engine.removeVolume(volume.name, {force: true}));
		return volume;
	};

	/** Builds an image; resolves with its id and the output. */
	const build = async (recipe: string, files: Readonly<Record<string, string>> = {}, options: Partial<BuildOptions> = {}) => {
		let printed = '';
		let imageId = '';
		const steps = engine.buildImage(tarOf([['Dockerfile', recipe], ...Object.entries(files)]), {
			tags: [], buildArguments: {}, noCache: false, pull: false, labels: {}, ...options,
		});
		for (const tag of options.tags ?? []) {
			undo.push(async () => {
				await engine.removeImage(tag, {force: true});
			});
		}

		for await (const step of steps) {
			printed += step.text ?? '';
			imageId = step.imageId ?? imageId;
		}

		return {imageId, printed};
	};

	/** Makes an image of the tests' image with these changes and files, without a build; resolves with its id. */
	const derive = async (tag: string, changes: readonly string[], files: Readonly<Record<string, string>> = {}): Promise<string> => {
		const {id: container} = await engine.createContainer(configuration({image, command: ['true']}));
		try {
			await engine.writeArchive(container, '/', tarOf(Object.entries(files)));
			const {id} = await engine.commitContainer(container, {tag, changes});
			undo.push(async () => {
				await engine.removeImage(tag, {force: true});
			});
			return id;
		} finally {
			await engine.removeContainer(container);
		}
	};

	/** The state of the engine that a refused request must not change. */
	const present = async () => {
		const {containers, networks, images, volumes} = await engine.snapshot();
		return {
			containers: containers.map(({id, name, status, attachments, ports, mounts}) => ({
				id, name, status, attachments, ports, mounts,
			})),
			networks: networks.map(({id, name, leases}) => ({id, name, leases})),
			images: images.map(({id, tags}) => ({id, tags: tags.toSorted()})),
			volumes: volumes.map(({name}) => name).toSorted(),
		};
	};

	/** Checks that a request is refused with an error code and a message that names the resource, and that nothing has changed. */
	const refused = async (code: ErrorCode, names: string | RegExp, request: () => Promise<unknown>) => {
		const before = shared || lacks.refusals ? undefined : await present();
		const error = await t.throwsAsync(request);
		t.true(error instanceof HolmError, `${String(error)} is no HolmError`);
		if (!lacks.refusals) {
			t.is((error as HolmError).code, code, `${error.message} has another code`);
			t.true(
				typeof names === 'string' ? error.message.includes(names) : names.test(error.message),
				`${JSON.stringify(error.message)} does not name ${String(names)}`,
			);
		}

		t.false(error.message.includes('\n'), 'an error is one line');
		if (before) {
			t.deepEqual(await present(), before, 'a refused request changed something');
		}
	};

	const stateOf = async (id: string): Promise<Container['status']['state']> => {
		const {status} = await engine.container(id);
		return status.state;
	};

	return {
		t,
		engine,
		image,
		lacks,
		shared,
		/** The container that all tests share: they leave it running, and have directories of their own in it. */
		standing,
		undo,
		uniqueName,
		create,
		script,
		start,
		run,
		output,
		written,
		openExec,
		exec,
		createNetwork,
		createVolume,
		build,
		derive,
		refused,
		stateOf,
	};
};

export type Laboratory = ReturnType<typeof createLaboratory>;

/** Registers a test of the contract. */
export type Register = (title: string, implementation: (laboratory: Laboratory) => Promise<void>) => void;
