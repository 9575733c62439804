import {spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {type Namespace} from '../../../source/host/bridges/namespace.js';
import {
	ipBatch,
	isInstalled,
	nft,
	runIn,
	sysctl,
} from '../../../source/host/bridges/programs.js';

/** Why tests that need network namespaces cannot run here; undefined where they can. */
const findObstacle = async (): Promise<string | undefined> => {
	if (process.getuid?.() !== 0) {
		return 'needs root';
	}

	for (const program of ['ip', 'nft', 'nsenter', 'busybox', 'socat', 'iptables']) {
		if (!await isInstalled(program)) {
			return `needs ${program}`;
		}
	}

	return undefined;
};

const obstacle = await findObstacle();

/** A test in network namespaces. It is skipped, with the reason in its title, if they are not available. */
export const testInNamespaces = (title: string, implementation: (t: ExecutionContext) => Promise<void>): void => {
	if (obstacle) {
		test.skip(`${title} (${obstacle})`, implementation);
		return;
	}

	test(title, implementation);
};

/** A network namespace that is removed after the test. */
export const makeNamespace = async (t: ExecutionContext, role: string): Promise<string> => {
	const name = `holmtest-${randomBytes(6).toString('hex')}-${role}`;
	await runIn('ip', ['netns', 'add', name]);
	t.teardown(async () => runIn('ip', ['netns', 'delete', name]));
	const namespace = `/run/netns/${name}`;
	await ipBatch(['link set dev lo up'], {namespace});
	return namespace;
};

/** A simulated host with a default route to a simulated outside world at 203.0.113.2, which has a route back to the host only. */
export const makeHost = async (t: ExecutionContext) => {
	const host = await makeNamespace(t, 'host');
	const outside = await makeNamespace(t, 'out');
	await ipBatch([`link add eth0 type veth peer name eth0 netns ${path.basename(outside)}`, 'address add 203.0.113.1/24 dev eth0', 'link set dev eth0 up'], {namespace: host});
	await ipBatch(['address add 203.0.113.2/24 dev eth0', 'link set dev eth0 up'], {namespace: outside});
	await ipBatch(['route add default via 203.0.113.2'], {namespace: host});
	// A new namespace copies the real host's settings; the first write applies to every device.
	await sysctl({'net.ipv4.ip_forward': 1}, {namespace: host});
	await sysctl({'net.ipv4.ip_forward': 0}, {namespace: host});
	return {host, outside};
};

type Neighbour = {readonly device: string; readonly network: string; readonly isBridge?: boolean};

/** Another network of a simulated host: a namespace at ADDRESS.2 behind the host's device at ADDRESS.1, with its default route to the host. */
export const makeNeighbour = async (t: ExecutionContext, host: string, {device, network, isBridge = false}: Neighbour) => {
	const neighbour = await makeNamespace(t, 'n');
	const port = isBridge ? 'port0' : device;
	await ipBatch([
		`link add ${port} type veth peer name eth0 netns ${path.basename(neighbour)}`,
		...(isBridge ? [`link add ${device} type bridge`, `link set dev ${port} master ${device} up`] : []),
		`address add ${network}.1/24 dev ${device}`,
		`link set dev ${device} up`,
	], {namespace: host});
	await ipBatch([`address add ${network}.2/24 dev eth0`, 'link set dev eth0 up', `route add default via ${network}.1`], {namespace: neighbour});
	return neighbour;
};

export const makeRoot = async (t: ExecutionContext): Promise<string> => {
	const root = await mkdtemp(path.join(tmpdir(), 'holm-bridges-'));
	t.teardown(async () => rm(root, {recursive: true, force: true}));
	return root;
};

export type Lease = {
	readonly tap: string;
	readonly bridge: string;
	readonly mac: string;
	readonly address: string;
	readonly gateway: string;
};

/** A namespace in place of a machine, with a veth pair: its end is eth0, the engine's end has the name of a tap. */
export const makeContainer = async (t: ExecutionContext, engine: Namespace, lease: Lease): Promise<string> => {
	const {tap, bridge, mac, address, gateway} = lease;
	const namespace = await makeNamespace(t, 'c');
	await ipBatch([`link add ${tap} type veth peer name eth0 address ${mac} netns ${path.basename(namespace)}`, `link set dev ${tap} master ${bridge} up`], {namespace: engine.path});
	await ipBatch([`address add ${address}/24 dev eth0`, 'link set dev eth0 up', `route add default via ${gateway}`], {namespace});
	return namespace;
};

/** Listens in a namespace and answers each caller with the caller's address. */
export const listen = async (t: ExecutionContext, namespace: string, protocol: 'tcp' | 'udp' | 'udp6', port: number): Promise<void> => {
	const child = spawn('nsenter', [`--net=${namespace}`, 'socat', '-U', `${protocol.toUpperCase()}-LISTEN:${port},fork,reuseaddr`, 'EXEC:printenv SOCAT_PEERADDR'], {stdio: 'ignore'});
	const ended = once(child, 'exit');
	t.teardown(async () => {
		child.kill();
		await ended;
	});
	for (;;) {
		const {stdout} = await runIn('busybox', ['netstat', '-ln', protocol === 'tcp' ? '-t' : '-u'], {namespace});
		if (stdout.includes(`:${port} `)) {
			return;
		}

		if (child.exitCode !== null) {
			throw new Error(`socat ended with ${child.exitCode}`);
		}

		await delay(20);
	}
};

/** The caller's address as a listener sees it; empty if there is no answer within a second. */
export const ask = async (namespace: string, to: string, {protocol = 'tcp', port = 80, from}: {protocol?: 'tcp' | 'udp' | 'udp6'; port?: number; from?: string} = {}): Promise<string> => {
	const bind = from === undefined ? '' : `,bind=${from}`;
	const target = protocol === 'tcp' ? `TCP:${to}:${port},connect-timeout=1${bind}` : `${protocol.toUpperCase()}:${to}:${port}${bind}`;
	// Send nothing over TCP: a listener that closes with unread data resets the connection, and its answer is lost.
	const {stdout} = await runIn('socat', ['-T1', '-t1', '-', target], {namespace, input: protocol === 'tcp' ? '' : 'hello', accept: [0, 1]});
	return stdout.trim();
};

export const canPing = async (namespace: string, address: string): Promise<boolean> => {
	const {exitCode} = await runIn('busybox', ['ping', '-c', '1', '-W', '1', address], {namespace, accept: [0, 1]});
	return exitCode === 0;
};

/** Sends a raw frame, given in hexadecimal digits. */
export const sendFrame = async (namespace: string, ...parts: readonly string[]): Promise<void> => {
	await runIn('sh', ['-c', 'busybox xxd -r -p | socat -u - INTERFACE:eth0'], {namespace, input: parts.join('').replaceAll(/[:.\s]/gv, '')});
};

/** Adds a counter to a chain, and resolves with a function that reads it. */
export const countIn = async (namespace: string, family: 'inet' | 'netdev', hook: string, match: string): Promise<() => Promise<number>> => {
	const table = `watch-${randomBytes(4).toString('hex')}`;
	await nft(`table ${family} ${table} { chain watch { type filter hook ${hook}; policy accept; ${match} counter; }\n}\n`, {namespace});
	return async () => {
		const {stdout} = await runIn('nft', ['-j', 'list', 'table', family, table], {namespace});
		return Number(/"counter": \{"packets": (?<packets>\d+)/v.exec(stdout)?.groups?.packets);
	};
};

/** Starts a program as a user who is not root but may send anything, and resolves with whether it succeeded. */
export const canAs = async (uid: number, namespace: string, program: readonly string[]): Promise<boolean> => {
	const {exitCode} = await runIn('setpriv', [
		`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--inh-caps=+net_raw', '--ambient-caps=+net_raw', '--', ...program,
	], {namespace, accept: [0, 1]});
	return exitCode === 0;
};
