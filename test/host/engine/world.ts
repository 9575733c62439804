import {spawn} from 'node:child_process';
import {
	chmod,
	mkdir,
	mkdtemp,
	readFile,
	rm,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {text} from 'node:stream/consumers';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import test, {type Implementation} from 'ava';
import {createDockerEngine} from '../../../source/backends/docker/engine.js';
import type {Engine} from '../../../source/engine/engine.js';
import {run as execute} from '../../../source/host/run.js';
import {checkRequirements} from '../../../source/host/setup/requirements.js';
import {pathsOf} from '../../../source/host/store/paths.js';
import {importBox} from './box.js';
import {layParts} from './parts.js';
import {
	createLauncher,
	type LaunchOptions,
	type Result,
	type Running,
} from './running.js';
import {
	remainsOf,
	removeRemains,
	tracesOf,
	type Traces,
} from './traces.js';

const cli = fileURLToPath(new URL('../../../cli.js', import.meta.url));

type Size = {readonly rows: number; readonly columns: number};

export type World = {
	/** Directory of the test file, short enough for sockets. */
	readonly directory: string;
	/** Root of the engine. */
	readonly root: string;
	/** The engine, over its socket. */
	readonly engine: Engine;
	/** Starts any program; it is killed with the engine at the latest. */
	readonly start: (program: string, arguments_: readonly string[], options?: LaunchOptions) => Running;
	/** Starts a `holm` command, optionally through other programs. */
	readonly launch: (arguments_: readonly string[], options?: LaunchOptions & {readonly through?: readonly string[]}) => Running;
	/** Runs a `holm` command to its end. */
	readonly run: (...parameters: Parameters<World['launch']>) => Promise<Result>;
	/** Runs a `holm` command that must succeed; resolves with its output without the last line feed. */
	readonly holm: (...arguments_: readonly string[]) => Promise<string>;
	/** Runs a command in a container, over the engine's socket. */
	readonly exec: (container: string, ...command: readonly string[]) => Promise<Pick<Result, 'status' | 'stdout' | 'stderr'>>;
	/** Resolves with the log of a container once it matches; throws if the container has exited before. */
	readonly written: (container: string, pattern: RegExp) => Promise<string>;
	/** Removes containers by force. */
	readonly remove: (...containers: readonly string[]) => Promise<void>;
	/** Starts a `holm` command in a pseudo-terminal. */
	readonly terminal: (arguments_: readonly string[], size?: Size) => Running & {readonly resize: (size: Size) => Promise<void>};
	/** What the engine has on the host now. */
	readonly traces: () => Promise<Traces>;
	/** What is left on the host after `system stop --all`. */
	readonly remains: () => Promise<readonly string[]>;
	/** Polls until `isWanted`; throws after `limitMs`, default one minute. */
	readonly until: <Answer>(ask: () => Promise<Answer> | Answer, isWanted: (answer: Answer) => boolean, limitMs?: number) => Promise<Answer>;
	/** A serial test; skipped, with the reason in its title, if no VM can be booted here or if `reason` is given. */
	readonly test: (title: string, implementation: Implementation<[]>, reason?: string) => void;
	/** A serial test that takes minutes; skipped unless run by `npm run test:long`. */
	readonly longTest: (title: string, implementation: Implementation<[]>) => void;
};

export type WorldOptions = {
	/** Size of a separate disk for the engine. */
	readonly diskBytes?: number;
	/** Makes all mounts shared for the engine, as on hosts with systemd. */
	readonly sharesMounts?: boolean;
	/** Further programs of the host for the image `box`. */
	readonly programs?: readonly string[];
	/** Lays the disk of a builder with 4 GiB; default false. */
	readonly withBuilder?: boolean;
};

const findObstacle = async (): Promise<string | undefined> => {
	if (process.platform !== 'linux' || process.getuid?.() !== 0) {
		return 'needs Linux and root';
	}

	const requirements = await checkRequirements('/tmp');
	const missing = requirements.filter(({status, name}) => status === 'missing' && name !== 'kernel').map(({name}) => name);
	return missing.length > 0 ? `needs ${missing.join(', ')}: holm setup installs them` : undefined;
};

/** Why no VM can be booted here; undefined if one can. */
export const obstacle = await findObstacle();

const quote = (word: string) => `'${word.replaceAll('\'', String.raw`'\''`)}'`;

/** Stops everything of the engine even if this process is killed: it waits for the end of its standard input, which this process holds open. */
const startJanitor = (directory: string, root: string) => {
	const script = 'cat; [ -d "$2" ] || exit 0; "$0" "$1" --root "$2" system stop --all --force; umount -l "$2" 2>/dev/null; rm -rf "$3"';
	const janitor = spawn('sh', ['-c', script, process.execPath, cli, root, directory], {
		cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'],
	});
	janitor.unref();
	// The pipe would keep this process alive, too.
	(janitor.stdin as unknown as {unref: () => void}).unref();
	return janitor;
};

const until: World['until'] = async (ask, isWanted, limitMs = 60_000) => {
	for (const deadline = Date.now() + limitMs; ;) {
		const answer = await ask();
		if (isWanted(answer)) {
			return answer;
		}

		if (Date.now() > deadline) {
			throw new Error(`not within ${limitMs} ms: ${JSON.stringify(answer)?.slice(0, 1000)}`);
		}

		await delay(50);
	}
};

/** Opens an engine without images. */
export const createWorld = async ({diskBytes, withBuilder}: Pick<WorldOptions, 'diskBytes' | 'withBuilder'> = {}) => {
	const directory = await mkdtemp('/tmp/hw-');
	// Each VM runs as its own user.
	await chmod(directory, 0o755);
	const root = path.join(directory, 'e');
	const janitor = startJanitor(directory, root);
	if (diskBytes !== undefined) {
		const image = path.join(directory, 'disk');
		await mkdir(root);
		await execute('mke2fs', ['-q', '-t', 'ext4', '-m', '0', image, `${Math.floor(diskBytes / 1024)}k`]);
		await execute('mount', ['-o', 'loop', image, root]);
	}

	await layParts(root, {withBuilder});

	const launcher = createLauncher({directory, environment: {HOME: directory, HOLM_ROOT: root}});
	let terminals = 0;

	const launch: World['launch'] = (arguments_, {through = [], ...options} = {}) => {
		const [program = '', ...rest] = [...through, process.execPath, '--enable-source-maps', '--', cli, ...arguments_];
		return launcher.start(program, rest, options);
	};

	const run: World['run'] = async (...parameters) => launch(...parameters).ended;

	const terminal: World['terminal'] = (arguments_, size) => {
		const command = [process.execPath, '--enable-source-maps', '--', cli, ...arguments_].map(word => quote(word)).join(' ');
		terminals++;
		const name = path.join(directory, `terminal-${terminals}`);
		const running = launcher.start('script', ['--quiet', '--return', '--command', `tty >${name}; stty rows ${size?.rows ?? 24} cols ${size?.columns ?? 80}; exec ${command}`, '/dev/null'], {open: true});
		return {
			...running,
			async resize({rows, columns}) {
				const device = await readFile(name, 'utf8');
				await execute('stty', ['-F', device.trim(), 'rows', String(rows), 'cols', String(columns)]);
			},
		};
	};

	const engine = createDockerEngine({kind: 'unix', path: pathsOf(root).socket});

	const exec: World['exec'] = async (container, ...command) => {
		const id = await engine.createExec(container, {
			command, terminal: false, stdin: false, environment: [], privileged: false,
		});
		const session = await engine.startExec(id);
		const [stdout, stderr] = await Promise.all([text(session.stdout), text(session.stderr)]);
		return {status: (await engine.exec(id)).exitCode, stdout, stderr};
	};

	const written: World['written'] = async (container, pattern) => {
		for (;;) {
			// The log of one run may end before the next one begins.
			const {status: {state}} = await engine.container(container);
			let log = '';
			for await (const {bytes} of engine.logs(container, {follow: true})) {
				log += Buffer.from(bytes).toString();
				if (pattern.test(log)) {
					return log;
				}
			}

			if (state === 'exited') {
				throw new Error(`${container} has not written ${String(pattern)}: ${JSON.stringify(log.slice(-1000))}`);
			}
		}
	};

	return {
		directory,
		root,
		engine,
		exec,
		written,
		async remove(...containers: readonly string[]) {
			await Promise.all(containers.map(async container => engine.removeContainer(container, {force: true})));
		},
		start: launcher.start,
		launch,
		run,
		async holm(...arguments_: readonly string[]) {
			const {status, stdout, stderr} = await run(arguments_);
			if (status !== 0) {
				throw new Error(`holm ${arguments_.join(' ')}: status ${status}: ${stderr}${stdout}`);
			}

			return stdout.replace(/\n$/v, '');
		},
		terminal,
		until,
		traces: async () => tracesOf(root),
		remains: async () => remainsOf(root, {directory, except: janitor.pid!}),
		/** Stops the engine and resolves with what is left of it. */
		async close() {
			launcher.killAll();
			const {status, stderr} = await run(['system', 'stop', '--all', '--force']);
			const own = {directory, except: janitor.pid!};
			const log = await readFile(pathsOf(root).daemonLog, 'utf8').catch(() => '');
			const defects = log.split('\n').filter(line => line.includes(' unhandled: '));
			const left = [...await remainsOf(root, own), ...status === 0 ? [] : [stderr], ...defects].filter(line => line !== `mount ${root}`);
			if (left.length > 0) {
				await removeRemains(root, own);
			}

			if (diskBytes !== undefined) {
				await execute('umount', ['--lazy', root]);
			}

			await rm(directory, {recursive: true, force: true});
			janitor.stdin.end();
			return left;
		},
	};
};

/**
An engine for the tests of one file, with the image `box`, which has busybox. It is removed after them, and a last test fails if anything of it is left on the host.
*/
export const openWorld = (options: WorldOptions = {}): World => {
	const serial: World['test'] = (title, implementation, reason = obstacle) => {
		if (reason === undefined) {
			test.serial(title, implementation);
		} else {
			test.serial.skip(`${title} (${reason})`, implementation);
		}
	};

	const long: World['longTest'] = (title, implementation) => {
		if (process.env.HOLM_LONG_TESTS) {
			serial(title, implementation);
		} else {
			test.serial.skip(`${title} (takes minutes: npm run test:long)`, implementation);
		}
	};

	// Filled before the first test.
	const world: Partial<Awaited<ReturnType<typeof createWorld>>> & Pick<World, 'test' | 'longTest'> = {test: serial, longTest: long};
	if (obstacle === undefined) {
		/* eslint-disable ava/hooks-order -- the linter takes the function above for a test */
		test.before('an engine opens', async t => {
			t.timeout(180_000);
			Object.assign(world, await createWorld(options));
			if (options.sharesMounts) {
				// The engine inherits the mounts of the command that starts it.
				await world.run!(['ps'], {through: ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'mount --make-rshared / && exec "$@"', 'sh']});
			}

			await importBox(world as World, options.programs);
		});
		test.after.always('nothing of the engine is left', async t => {
			t.timeout(60_000);
			t.deepEqual(await world.close?.() ?? [], []);
		});
		/* eslint-enable ava/hooks-order */
	}

	return world as World;
};
