import {once} from 'node:events';
import net from 'node:net';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {openForwarder} from '../source/host/bridges/forwarder.js';
import {run} from '../source/host/run.js';
import {findProgram} from '../test/debian-packages.js';
import {startProgram} from './background.js';
import {timeOf, type Measurement, type Site, type Subject} from './measurement.js';
import {need} from './packages.js';

const address = '127.0.0.1';
/** The servers behind the forwarders: iperf3 and the echo. */
const ports = {throughput: 15_201, echo: 15_202};
const proxyPorts = {throughput: 15_203, echo: 15_204};
const mebibyte = 1024 ** 2;
const exchanges = 2000;
/** The first ones, until code and caches are warm. */
const unmeasured = 2000;
const connections = 1000;

type Report = {readonly end?: {readonly sum_received?: {readonly bits_per_second: number}}; readonly error?: string};

/** Bytes per second in mebibytes. */
const measure = async (...arguments_: readonly string[]): Promise<number> => {
	for (let attempt = 0; ; attempt++) {
		const {stdout} = await run('iperf3', ['--client', address, '--time', '2', '--json', ...arguments_], {accept: [0, 1]});
		const {end, error} = JSON.parse(stdout) as Report;
		const bits = end?.sum_received?.bits_per_second;
		if (bits !== undefined) {
			return bits / 8 / mebibyte;
		}

		// The server handles one test at a time, and may still be busy with the last one.
		if (attempt === 10) {
			throw new Error(`iperf3: ${error}`);
		}

		await sleep(300);
	}
};

/** A connection that rejects if the other side ends it early. */
const open = (port: number) => {
	const connection = net.connect({host: address, port, noDelay: true});
	const exchange = async (message: string) => {
		connection.write(message);
		for (let length = 0; length < message.length;) {
			const [chunk] = await once(connection, 'data', {signal: AbortSignal.timeout(30_000)}) as [Uint8Array];
			length += chunk.length;
		}
	};

	return {exchange, close: () => connection.destroy()};
};

/** Microseconds within which half and 99 of 100 short messages come back, one after the other. */
const latency = async (port: number): Promise<readonly [number, number]> => {
	const {exchange, close} = open(port);
	const times: number[] = [];
	for (let count = 0; count < unmeasured + exchanges; count++) {
		const [time] = await timeOf(async () => exchange('a short message'));
		times.push(time * 1000);
	}

	close();
	times.splice(0, unmeasured);
	times.sort((a, b) => a - b);
	return [times[Math.floor(exchanges * 0.5)]!, times[Math.floor(exchanges * 0.99)]!];
};

/** Milliseconds until each of many connections, all open at the same time, has its answer. */
const crowd = async (port: number): Promise<number> => {
	const opened = Array.from({length: connections}, () => open(port));
	const [time] = await timeOf(async () => Promise.all(opened.map(async ({exchange}) => exchange('x'.repeat(1024)))));
	for (const {close} of opened) {
		close();
	}

	return time;
};

const isEchoing = async (port: number): Promise<boolean> => {
	const {exchange, close} = open(port);
	try {
		await exchange('ready?');
		return true;
	} catch {
		return false;
	} finally {
		close();
	}
};

const subjectOf = (name: string, {throughput, echo}: typeof ports): Subject => ({
	name,
	read: async () => [
		// Before the throughput, after which a program may have to clean up.
		...await latency(echo),
		await crowd(echo),
		await measure('--port', String(throughput)),
		await measure('--port', String(throughput), '--reverse'),
	],
});

const openHolm = async ({stack, directory}: Site): Promise<Subject> => {
	const forwarder = await openForwarder({directory: `${await directory()}/workers`});
	stack.defer(async () => forwarder.close());
	const forwards = await forwarder.replace(Object.entries(ports).map(([id, targetPort]) => ({
		id, hostAddress: address, hostPort: 0, protocol: 'tcp', targetAddress: address, targetPort,
	})));
	return subjectOf('Holm\'s forwarder', {throughput: forwards[0]!.hostPort, echo: forwards[1]!.hostPort});
};

/** Docker's; undefined if it is neither installed nor fetched. */
const openProxy = async ({stack}: Site): Promise<Subject | undefined> => {
	const proxy = await findProgram('dockerd', 'usr/sbin/docker-proxy');
	if (!proxy) {
		return undefined;
	}

	for (const name of ['throughput', 'echo'] as const) {
		const flags = ['-proto', 'tcp', '-host-ip', address, '-host-port', String(proxyPorts[name]), '-container-ip', address, '-container-port', String(ports[name])];
		// It reports its start on descriptor 3.
		await startProgram(stack, 'sh', ['-c', 'exec "$@" 3>/dev/null', 'sh', proxy.file, ...flags], async () =>
			name === 'throughput' || isEchoing(proxyPorts.echo));
	}

	return subjectOf('docker-proxy', proxyPorts);
};

export const measurement: Measurement = {
	name: 'forwarder',
	title: 'Forwarder of published ports, on loopback and without a machine',
	metrics: [
		{name: 'half of short messages back within', unit: 'µs'},
		{name: '99 of 100 back within', unit: 'µs'},
		{name: `${connections} connections at once`, unit: 'ms'},
		{name: 'to the container', unit: 'MiB/s'},
		{name: 'from the container', unit: 'MiB/s'},
	],
	rounds: 5,
	async open(site) {
		const program = await need('iperf3');
		await startProgram(site.stack, program, ['--server', '--bind', address, '--port', String(ports.throughput)], async () => {
			const {exitCode} = await run(program, ['--client', address, '--port', String(ports.throughput), '--bytes', '1'], {accept: [0, 1]});
			return exitCode === 0;
		});
		const echo = fileURLToPath(new URL('echo.js', import.meta.url));
		await startProgram(site.stack, process.execPath, [echo, address, String(ports.echo)], async () => isEchoing(ports.echo));
		const proxy = await openProxy(site);
		return {
			subjects: [await openHolm(site), ...proxy ? [proxy] : [], subjectOf('direct connection', ports)],
			missing: proxy ? [] : ['docker-proxy is not installed (--setup fetches it)'],
		};
	},
};
