import {decodePathStatus} from '../../wire/decode/path.js';
import {pathStatusHeader} from '../../wire/encode/path.js';
import type {ArchivesVerbs} from '../../engine/archives.js';
import {readBytes} from './answer-streams.js';
import type {Client} from './client.js';
import {containerPath} from './paths.js';

export const archivesVerbs = (client: Client): ArchivesVerbs => ({
	async pathStatus(reference, path) {
		const response = await client.send('HEAD', containerPath(reference, '/archive'), {query: {path}, otherwise: `Could not find the file ${path} in container ${reference}`});
		response.resume();
		return decodePathStatus(String(response.headers[pathStatusHeader] ?? ''));
	},
	async readArchive(reference, path) {
		const response = await client.send('GET', containerPath(reference, '/archive'), {query: {path}});
		return {status: decodePathStatus(String(response.headers[pathStatusHeader] ?? '')), tar: readBytes(client, response)};
	},
	async writeArchive(reference, path, tar) {
		await client.json('PUT', containerPath(reference, '/archive'), {query: {path}, tar});
	},
});
