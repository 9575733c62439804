import {setTimeout as sleep} from 'node:timers/promises';
import {openForwarder} from '../source/host/bridges/forwarder.js';
import {run} from '../source/host/run.js';
import {startProgram} from './background.js';
import type {Measurement, Subject} from './measurement.js';
import {need} from './packages.js';

const address = '127.0.0.1';
const port = 15_201;
const mebibyte = 1024 ** 2;

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

const throughput = (name: string, to: number): Subject => ({
	name,
	read: async () => [await measure('--port', String(to)), await measure('--port', String(to), '--reverse')],
});

export const measurement: Measurement = {
	name: 'forwarder',
	title: 'Forwarder of published ports, on loopback and without a machine',
	metrics: [{name: 'to the container', unit: 'MiB/s'}, {name: 'from the container', unit: 'MiB/s'}],
	rounds: 3,
	async open({stack, directory}) {
		const program = await need('iperf3');
		await startProgram(stack, program, ['--server', '--bind', address, '--port', String(port)], async () => {
			const {exitCode} = await run(program, ['--client', address, '--port', String(port), '--bytes', '1'], {accept: [0, 1]});
			return exitCode === 0;
		});
		const forwarder = await openForwarder({directory: `${await directory()}/workers`});
		stack.defer(async () => forwarder.close());
		const [forward] = await forwarder.replace([{
			id: 'bench', hostAddress: address, hostPort: 0, protocol: 'tcp', targetAddress: address, targetPort: port,
		}]);
		return {subjects: [throughput('Holm\'s forwarder', forward!.hostPort), throughput('direct connection', port)], missing: []};
	},
};
