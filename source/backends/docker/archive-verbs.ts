import {decodePathStatus} from '../../api/decode/path.js';
import {decodeChanges} from '../../api/decode/verbs.js';
import {pathStatusHeader} from '../../api/encode/path.js';
import type {Engine} from '../../engine.js';
import {readBytes} from './answer-streams.js';
import type {Client} from './client.js';
import {containerPath} from './container-verbs.js';

/** The files of containers. */
export const archiveVerbs = (client: Client): Pick<Engine, 'pathStatus' | 'readArchive' | 'writeArchive' | 'changes' | 'exportContainer'> => ({
	async pathStatus(reference, path) {
		const response = await client.send('HEAD', containerPath(reference, '/archive'), {query: {path}, otherwise: `Could not find the file ${path} in container ${reference}`});
		response.resume();
		return decodePathStatus(String(response.headers[pathStatusHeader] ?? ''));
	},
	async readArchive(reference, path) {
		const response = await client.send('GET', containerPath(reference, '/archive'), {query: {path}});
		return {status: decodePathStatus(String(response.headers[pathStatusHeader] ?? '')), tar: readBytes(client, response)};
	},
	changes: async reference => decodeChanges(await client.json('GET', containerPath(reference, '/changes'))),
	exportContainer: async reference => readBytes(client, await client.send('GET', containerPath(reference, '/export'))),
	async writeArchive(reference, path, tar) {
		await client.json('PUT', containerPath(reference, '/archive'), {query: {path}, tar});
	},
});
