import {fieldsOf} from '../../wire/fields.js';
import {splitTag} from '../../wire/image-names.js';
import type {CommitsVerbs} from '../../engine/commits.js';
import type {Client} from './client.js';

export const commitsVerbs = (client: Client): CommitsVerbs => ({
	async commitContainer(reference, {tag, author, comment, changes, pause = true} = {}) {
		const {name: repo, tag: name} = tag === undefined ? {name: undefined, tag: undefined} : splitTag(tag);
		return {id: fieldsOf(await client.json('POST', '/commit', {query: {
			container: reference, repo, tag: name, author, comment, changes, pause: String(pause),
		}})).text('Id')};
	},
});
