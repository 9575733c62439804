import {decodePathStatus} from '../../wire/decode/path.js';
import {decodeChanges} from '../../wire/decode/verbs.js';
import {pathStatusHeader} from '../../wire/encode/path.js';
import {fieldsOf} from '../../wire/fields.js';
import {splitTag} from '../../wire/image-names.js';
import type {Engine} from '../../engine/engine.js';
import {inOrder} from '../../rules/containers/file-changes.js';
import {readBytes} from './answer-streams.js';
import type {Client} from './client.js';
import {containerPath} from './containers.js';

/** The files of containers. */
export const archiveVerbs = (client: Client): Pick<Engine, 'pathStatus' | 'readArchive' | 'writeArchive' | 'changes' | 'exportContainer' | 'commitContainer'> => ({
	async pathStatus(reference, path) {
		const response = await client.send('HEAD', containerPath(reference, '/archive'), {query: {path}, otherwise: `Could not find the file ${path} in container ${reference}`});
		response.resume();
		return decodePathStatus(String(response.headers[pathStatusHeader] ?? ''));
	},
	async readArchive(reference, path) {
		const response = await client.send('GET', containerPath(reference, '/archive'), {query: {path}});
		return {status: decodePathStatus(String(response.headers[pathStatusHeader] ?? '')), tar: readBytes(client, response)};
	},
	async changes(reference) {
		// Docker lists them as its storage driver comes upon them.
		const changes = decodeChanges(await client.json('GET', containerPath(reference, '/changes')));
		return changes.toSorted((one, other) => inOrder(one.path, other.path));
	},
	exportContainer: async reference => readBytes(client, await client.send('GET', containerPath(reference, '/export'))),
	async commitContainer(reference, {tag, author, comment, changes, pause = true} = {}) {
		const {name: repo, tag: name} = tag === undefined ? {name: undefined, tag: undefined} : splitTag(tag);
		return {id: fieldsOf(await client.json('POST', '/commit', {query: {
			container: reference, repo, tag: name, author, comment, changes, pause: String(pause),
		}})).text('Id')};
	},
	async writeArchive(reference, path, tar) {
		await client.json('PUT', containerPath(reference, '/archive'), {query: {path}, tar});
	},
});
