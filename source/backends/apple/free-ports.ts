import {randomInt} from 'node:crypto';
import {createServer} from 'node:net';
import type {PublishedPort} from '../../engine/resources.js';
import type {Item} from './listing.js';
import type {Program} from './program.js';

/** A port of this host that nothing listens on. */
const freeHere = async (): Promise<number> => new Promise((resolve, reject) => {
	const server = createServer().once('error', reject).listen(0, () => {
		const {port} = server.address() as {port: number};
		server.close(() => {
			resolve(port);
		});
	});
});

/** The first of some ports to which nothing connects; without `nc`, which macOS has, the first one. */
const freeScript = 'for p; do command -v nc >/dev/null 2>&1 && nc -z -w 1 127.0.0.1 "$p" >/dev/null 2>&1 || { echo "$p"; exit; }; done';

const firstDynamic = 49_152;

/** A port of the program's host that nothing seems to listen on. */
const freeThere = async (program: Program, taken: ReadonlySet<number>): Promise<number> => {
	const candidates = Array.from({length: 16}, () => randomInt(firstDynamic, 65_536)).filter(port => !taken.has(port));
	const {stdout} = await program.shell(freeScript, candidates.map(String));
	return Number.parseInt(stdout.toString(), 10) || candidates[0] || firstDynamic;
};

/** Apple has no port 0: free ports are chosen here, the same one for all addresses of a container's port. */
export const choosePorts = async (
	program: Program,
	wanted: readonly PublishedPort[],
	items: readonly Item[],
): Promise<readonly PublishedPort[]> => {
	const taken = new Set(items.flatMap(({apple}) => apple.ports.map(({hostPort}) => hostPort)));
	const chosen: PublishedPort[] = [];
	for (const port of wanted) {
		let {hostPort} = port;
		while (hostPort === 0 || (port.hostPort === 0 && taken.has(hostPort))) {
			hostPort = program.transport.isRemote ? await freeThere(program, taken) : await freeHere();
		}

		taken.add(hostPort);
		chosen.push({...port, hostAddress: port.hostAddress || '0.0.0.0', hostPort});
	}

	return chosen;
};
