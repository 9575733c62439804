import {readFileSync} from 'node:fs';
import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {createMemoryEngine} from '../../../../source/backends/memory/engine.js';
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

const run = async (world: World, invocation: Invocation): Promise<number> => {
	const {words: [first = '', second = '', ...rest], failure, out, err} = invocation;
	const sample = failures.find(({when}) => when === failure);
	if (sample?.argv[0] === first && second !== 'version') {
		await out(sample.stdout);
		await err(sample.stderr);
		return sample.exit;
	}

	if (!world.isServing && !isWithoutService(first, second)) {
		throw new Refusal(down.stderr.replaceAll(/^Error: |\n$/gv, ''));
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
};

/** Starts what the stand-in's program talks to: Apple's service over the engine in memory. */
export const startStandIn = async ({isServing = true, hasKernel = true}: Options = {}) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-apple-'));
	const home = path.join(directory, 'home');
	await mkdir(home);
	const memory = createMemoryEngine();
	const world = await createWorld(memory, path.join(directory, 'root'));
	world.isServing = isServing;
	if (hasKernel) {
		installKernel(world);
	}

	const sockets = new Set<Socket>();
	let count = 0;
	const server = createServer({allowHalfOpen: true}, socket => {
		count++;
		sockets.add(socket);
		socket.once('close', () => {
			sockets.delete(socket);
		});
		serveInvocation(socket, async invocation => run(world, invocation));
	});
	const socket = path.join(directory, 'sock');
	await new Promise<void>(resolve => {
		server.listen(socket, resolve);
	});
	return {
		world,
		home,
		environment: {...process.env, HOME: home, HOLM_STAND_IN: socket, HOLM_CONTAINER: program},
		invocations: () => count,
		async close() {
			server.close();
			for (const open of sockets) {
				open.destroy();
			}

			memory.close();
			// Shells that wait for the end of a container may still write there.
			await rm(directory, {recursive: true, force: true, maxRetries: 10});
		},
	};
};
