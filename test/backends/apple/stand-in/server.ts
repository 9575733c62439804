import {readFileSync} from 'node:fs';
import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {createMemoryEngine} from '../../../../source/backends/memory/engine.js';
import type {Engine} from '../../../../source/engine/engine.js';
import {containerCommands} from './containers.js';
import {Refusal, serveInvocation, type Invocation} from './invocation.js';
import {findCommand} from './resources.js';
import {createWorld, installKernel, type World} from './world.js';

/** The program, which passes its words to the server. */
export const program = fileURLToPath(new URL('../../../../../test/backends/apple/stand-in/container', import.meta.url));

type Sample = {
	readonly when: string;
	readonly argv: readonly string[];
	readonly exit: number;
	readonly stdout: string;
	readonly stderr: string;
};

export const failures = JSON.parse(readFileSync(
	new URL('../../../../../test/backends/apple/samples/errors.json', import.meta.url),
	'utf8',
)) as readonly Sample[];

const down = failures.find(({when}) => when === 'service down, other commands')!;

/** What works without the service. */
const isWithoutService = (first: string, second: string) => first === 'system' && ['version', 'status', 'start', 'stop'].includes(second);

/** What a test may change while the stand-in serves. */
type Switches = {
	/** The failure that each run of the program shows, by the beginning of its name among the samples, instead of what its environment says. */
	failure?: string;
	/** Called before each run, with its words. */
	onRun?: (words: string) => void;
	/** Changes what a run prints on its standard output. */
	alter?: (words: string, output: string) => string;
	/** Changes the status of a run. */
	changeStatus?: (words: string, status: number) => number;
	/** Milliseconds that statistics take; Apple's program takes 2000. */
	statsMs?: number;
};

const run = async (world: World, invocation: Invocation, switches: Switches): Promise<number> => {
	const {words: [first = '', second = '', ...rest], out, err} = invocation;
	const failure = switches.failure ?? invocation.failure;
	const sample = failure === undefined ? undefined : failures.find(({when, argv}) => when.startsWith(failure) && argv[0] === first);
	if (sample && second !== 'version') {
		await out(sample.stdout);
		await err(sample.stderr);
		return sample.exit;
	}

	if (!world.isServing && !isWithoutService(first, second)) {
		throw new Refusal(down.stderr.replaceAll(/^Error: |\n$/gv, ''));
	}

	if (first === 'stats' && switches.statsMs !== undefined) {
		await sleep(switches.statsMs);
	}

	const grouped = findCommand(first, second);
	const command = grouped?.run ?? containerCommands[first];
	if (!command) {
		throw new Refusal(`Plugin 'container-${first}' not found.`, 64);
	}

	const words = grouped?.count === 2 ? rest : [second, ...rest].slice(invocation.words.length > 1 ? 0 : 1);
	return command(world, words, invocation);
};

type Options = {
	/** Whether the service runs; default true. */
	readonly isServing?: boolean;
	/** Whether it has a kernel for its containers; default true. */
	readonly hasKernel?: boolean;
	/** An engine that does the work with machines of its own; default one in memory. The caller closes it. */
	readonly machines?: Engine;
};

/** Starts what the stand-in's program talks to: Apple's service over another engine. */
export const startStandIn = async ({isServing = true, hasKernel = true, machines}: Options = {}) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-apple-'));
	const home = path.join(directory, 'home');
	await mkdir(home);
	const memory = machines ? undefined : createMemoryEngine();
	const world = await createWorld(machines ?? memory!, {root: path.join(directory, 'root'), isReal: machines !== undefined});
	world.isServing = isServing;
	if (hasKernel) {
		installKernel(world);
	}

	const sockets = new Set<Socket>();
	const switches: Switches = {};
	const ran: string[] = [];
	const server = createServer({allowHalfOpen: true}, socket => {
		sockets.add(socket);
		socket.once('close', () => {
			sockets.delete(socket);
		});
		serveInvocation(socket, async invocation => {
			const words = invocation.words.join(' ');
			ran.push(words);
			switches.onRun?.(words);
			const {alter, changeStatus = (_, status) => status} = switches;
			const out: Invocation['out'] = async bytes => invocation.out(alter ? alter(words, String(bytes)) : bytes);
			try {
				return changeStatus(words, await run(world, alter ? {...invocation, out} : invocation, switches));
			} catch (error) {
				throw error instanceof Refusal ? new Refusal(error.message, changeStatus(words, error.status)) : error;
			}
		});
	});
	const socket = path.join(directory, 'sock');
	await new Promise<void>(resolve => {
		server.listen(socket, resolve);
	});
	return {
		world,
		home,
		environment: {...process.env, HOME: home, HOLM_STAND_IN: socket, HOLM_CONTAINER: program},
		switches,
		/** The words of each run of the program so far. */
		ran: ran as readonly string[],
		async close() {
			server.close();
			for (const open of sockets) {
				open.destroy();
			}

			memory?.close();
			// Shells that wait for the end of a container may still write there.
			await rm(directory, {recursive: true, force: true, maxRetries: 10});
		},
	};
};
