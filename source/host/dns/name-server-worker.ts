import {fstatSync, ftruncateSync} from 'node:fs';
import {serveWorker} from '../workers/worker-service.js';
import {createDrops} from './drops.js';
import {createNameServer, type NameServerTable} from './server.js';

const [station, uid, gid] = process.argv.slice(2);
/** Descriptor of the worker's log. Without privileges the worker cannot open it again. */
const log = process.stderr.fd;
const maximumLogBytes = 1024 * 1024;
const server = createNameServer(createDrops(line => {
	const {size} = fstatSync(log);
	if (size > maximumLogBytes) {
		ftruncateSync(log);
	}

	console.error(`${new Date().toISOString()} ${line}`);
}));
await serveWorker(station, async (table: NameServerTable) => server.replace(table), {uid: Number(uid), gid: Number(gid)});
