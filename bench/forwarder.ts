import {openForwarder} from '../source/host/bridges/forwarder.js';
import {findCommand} from '../source/host/programs.js';
import {run} from '../source/host/run.js';
import {startProgram} from './background.js';
import {Missing, type Measurement, type Subject} from './measurement.js';

const address = '127.0.0.1';
const port = 15_201;
const mebibyte = 1024 ** 2;

type Report = {readonly end: {readonly sum_received: {readonly bits_per_second: number}}};

const throughput = (name: string, to: number): Subject => ({
	name,
	async read() {
		const readings: number[] = [];
		for (const direction of [[], ['--reverse']]) {
			const {stdout} = await run('iperf3', ['--client', address, '--port', String(to), '--time', '2', '--json', ...direction]);
			const {end} = JSON.parse(stdout) as Report;
			readings.push(end.sum_received.bits_per_second / 8 / mebibyte);
		}

		return readings;
	},
});

export const measurement: Measurement = {
	name: 'forwarder',
	title: 'Forwarder of published ports, on loopback and without a machine',
	metrics: [{name: 'to the container', unit: 'MiB/s'}, {name: 'from the container', unit: 'MiB/s'}],
	rounds: 3,
	async open({stack, directory}) {
		const program = await findCommand('iperf3');
		if (!program) {
			throw new Missing('iperf3 is not installed');
		}

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
