import process from 'node:process';
import {serveWorker} from '../worker-service.js';
import {createNameServer, type NameServerTable} from './server.js';

const [station, uid, gid] = process.argv.slice(2);
const server = createNameServer();
await serveWorker(station, async (table: NameServerTable) => server.replace(table), {uid: Number(uid), gid: Number(gid)});
