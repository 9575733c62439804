import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {openNameServer} from '../source/host/dns/name-server.js';
import {recordsOf} from '../source/rules/networks/zone.js';
import {run} from '../source/host/run.js';
import {startProgram} from './background.js';
import type {Measurement, Site, Subject} from './measurement.js';
import {need} from './packages.js';

const containers = Array.from({length: 1000}, (_, index) => ({
	containerId: `c${index}`,
	address: `10.0.${index >> 8}.${index & 255}`,
	names: [`name${index}`],
}));

const server = '127.0.0.1';
/** Aardvark-dns only answers known containers, so that the queries come from one. */
const client = {containerId: 'client', address: '127.0.0.53', names: ['client']};
const ports = {holm: 15_353, dnsmasq: 15_354, aardvark: 15_355};

const seconds = 2;
/** For latencies: a load that builds no queue. */
const pace = 2000;

/** User and system time of a process in microseconds; from fields 14 and 15 of proc(5)'s stat, in hundredths of a second. */
const processorTime = async (pid: number) => {
	const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) * 10_000;
};

const dnsperf = async (queries: string, port: number, ...more: readonly string[]) => {
	const {stdout} = await run('dnsperf', ['-s', server, '-p', String(port), '-a', client.address, '-d', queries, '-l', String(seconds), ...more]);
	const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.groups?.number);
	const [sent, found] = [number(/Queries sent:\s+(?<number>\d+)/v), number(/NOERROR (?<number>\d+)/v)];
	// A server that answers wrongly, or not at all, is fast.
	if (!(found >= sent * 0.999)) {
		throw new Error(`port ${port} answered ${found} of ${sent} queries with the record`);
	}

	return {stdout, completed: number(/Queries completed:\s+(?<number>\d+)/v), perSecond: number(/Queries per second:\s+(?<number>[\d.]+)/v)};
};

const subjectOf = (name: string, queries: string, port: number, pid: () => Promise<number>): Subject => ({
	name,
	async read() {
		const before = await processorTime(await pid());
		const {completed, perSecond} = await dnsperf(queries, port);
		const spent = await processorTime(await pid()) - before;
		const {stdout} = await dnsperf(queries, port, '-v', '-Q', String(pace));
		const times = [...stdout.matchAll(/^> NOERROR \S+ A (?<time>[\d.]+)$/gmv)].map(match => Number(match.groups!.time)).toSorted((a, b) => a - b);
		const within = (share: number) => times[Math.floor(times.length * share)]! * 1e6;
		return [perSecond, spent / completed, within(0.5), within(0.99)];
	},
});

const openHolm = async ({stack}: Site, directory: string, queries: string): Promise<Subject> => {
	const workers = path.join(directory, 'workers');
	const holm = await openNameServer({directory: workers, uid: 65_534, gid: 65_534});
	stack.defer(async () => holm.close());
	await holm.replace({
		zones: [{
			network: 'bench', address: server, port: ports.holm, forward: false, records: recordsOf({gateway: server}, containers),
		}],
		upstreams: [],
	});
	return subjectOf('Holm', queries, ports.holm, async () => {
		const {pid} = JSON.parse(await readFile(path.join(workers, 'dns.pid'), 'utf8')) as {readonly pid: number};
		return pid;
	});
};

const probe = (queries: string, port: number) => async () => {
	const {stdout} = await run('dnsperf', ['-s', server, '-p', String(port), '-a', client.address, '-d', queries, '-n', '1', '-q', '1', '-t', '1', '-l', '1'], {accept: [0, 1]});
	return /NOERROR [1-9]/v.test(stdout);
};

const openDnsmasq = async ({stack}: Site, directory: string, queries: string): Promise<Subject> => {
	const program = await need('dnsmasq');

	const hosts = path.join(directory, 'hosts');
	await writeFile(hosts, containers.map(({address, names: [name]}) => `${address} ${name}\n`).join(''));
	const pid = await startProgram(stack, program, [
		'--keep-in-foreground',
		'--conf-file=/dev/null',
		'--no-resolv',
		'--no-hosts',
		`--addn-hosts=${hosts}`,
		`--port=${ports.dnsmasq}`,
		`--listen-address=${server}`,
		'--bind-interfaces',
		'--local-ttl=5',
		'--pid-file',
	], probe(queries, ports.dnsmasq));
	return subjectOf('dnsmasq', queries, ports.dnsmasq, async () => pid);
};

const openAardvark = async ({stack}: Site, directory: string, queries: string): Promise<Subject> => {
	const program = await need('aardvark-dns');
	const configuration = path.join(directory, 'aardvark');
	await mkdir(configuration);
	await writeFile(path.join(configuration, 'bench'), `${server}\n${[client, ...containers].map(({containerId, address, names: [name]}) => `${containerId} ${address}  ${name}\n`).join('')}`);
	// It forks; the pid of the daemon is in a file.
	await run(program, ['--config', configuration, '--port', String(ports.aardvark), 'run']);
	const pid = Number(await readFile(path.join(configuration, 'aardvark.pid'), 'utf8'));
	stack.defer(() => {
		process.kill(pid, 'SIGKILL');
	});
	const probeAardvark = probe(queries, ports.aardvark);
	for (let attempt = 0; attempt < 50 && !await probeAardvark(); attempt++) {
		await sleep(50);
	}

	return subjectOf('aardvark-dns', queries, ports.aardvark, async () => pid);
};

export const measurement: Measurement = {
	name: 'name-server',
	title: `Name server: ${containers.length} names, one client`,
	metrics: [
		{name: 'answers', unit: '1/s'},
		{name: 'processor time of one', unit: 'µs'},
		{name: `half within, at ${pace}/s`, unit: 'µs'},
		{name: `99 of 100 within, at ${pace}/s`, unit: 'µs'},
	],
	rounds: 5,
	async open(site) {
		await need('dnsperf');
		const directory = await site.directory();
		const queries = path.join(directory, 'queries');
		await writeFile(queries, containers.map(({names: [name]}) => `${name} A\n`).join(''));
		const subjects = [await openHolm(site, directory, queries)];
		const missing: string[] = [];
		for (const openPeer of [openDnsmasq, openAardvark]) {
			try {
				subjects.push(await openPeer(site, directory, queries));
			} catch (error) {
				missing.push((error as Error).message);
			}
		}

		return {subjects, missing};
	},
};
