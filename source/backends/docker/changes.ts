import {decodeChanges} from '../../wire/decode/verbs.js';
import type {ChangesVerbs} from '../../engine/changes.js';
import {inOrder} from '../../rules/containers/file-changes.js';
import {readBytes} from './answer-streams.js';
import type {Client} from './client.js';
import {containerPath} from './paths.js';

export const changesVerbs = (client: Client): ChangesVerbs => ({
	async changes(reference) {
		// Docker lists them in the order of its storage driver.
		const changes = decodeChanges(await client.json('GET', containerPath(reference, '/changes')));
		return changes.toSorted((one, other) => inOrder(one.path, other.path));
	},
	exportContainer: async reference => readBytes(client, await client.send('GET', containerPath(reference, '/export'))),
});
