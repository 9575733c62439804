import {networkInterfaces} from 'node:os';
import {setTimeout as sleep} from 'node:timers/promises';
import {namespaceNameOf} from '../source/host/bridges/namespace.js';
import {run} from '../source/host/run.js';
import {image} from './bench-engine.js';
import type {Measurement, Subject} from './measurement.js';
import {need} from './packages.js';

const mebibytes = 64;
const port = 15_080;
const script = `mkdir -p /www && dd if=/dev/zero of=/www/file bs=1048576 count=${mebibytes} && exec httpd -f -p 80 -h /www`;

/** Downloads the file; undefined while there is no server. */
const download = async (curl: string, ...arguments_: readonly string[]): Promise<number | undefined> => {
	const flags = ['--silent', '--fail', '--max-time', '600', '--output', '/dev/null', '--write-out', '%{size_download} %{speed_download}'];
	// Without the server curl cannot connect, is disconnected or gets another response.
	const {stdout, exitCode} = await run(curl, [...flags, ...arguments_], {accept: [0, 7, 22, 52, 56]});
	const [size, speed] = stdout.split(' ').map(Number);
	return exitCode === 0 && size === mebibytes * 1024 ** 2 ? speed! / 1024 ** 2 : undefined;
};

const subjectOf = (name: string, read: () => Promise<number | undefined>): Subject => ({
	name,
	async read() {
		const speed = await read();
		if (speed === undefined) {
			throw new Error(`${name}: the file did not come whole`);
		}

		return [speed];
	},
});

export const measurement: Measurement = {
	name: 'published-port',
	title: `A file of ${mebibytes} MiB from a container`,
	metrics: [{name: 'throughput', unit: 'MiB/s'}],
	rounds: 5,
	async open(site) {
		const curl = await need('curl');
		const {holm, paths, remove} = await site.engine();
		const {stdout} = await holm('run', '--detach', '--publish', `127.0.0.1:${port}:80`, image, 'sh', '-c', script);
		const id = stdout.trim();
		site.stack.defer(async () => remove([id]));
		const {stdout: address} = await holm('inspect', '--format', '{{.NetworkSettings.IPAddress}}', id);
		// Only packets from the host's end of the engine's link reach containers.
		const local = networkInterfaces()[namespaceNameOf(paths.root)]?.find(({family}) => family === 'IPv4')?.address ?? '';
		const published = async () => download(curl, `http://127.0.0.1:${port}/file`);
		const direct = async () => download(curl, '--interface', local, `http://${address.trim()}/file`);
		for (let attempt = 0; attempt < 100 && (await published()) === undefined; attempt++) {
			await sleep(200);
		}

		return {subjects: [subjectOf('through the published port', published), subjectOf('direct connection', direct)], missing: []};
	},
};
