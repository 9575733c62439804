import type {Engine} from '../../engine/engine.js';
import type {Pruned, FileChange} from '../../engine/resources.js';
import {changeKinds, untaggedPrefix} from '../encode/verbs.js';
import {fieldsOf, fieldsOfList} from '../fields.js';
import {decodeError} from './error.js';

/** The answer of `POST /containers/{id}/wait`; throws its error. */
export const decodeEnding = (json: unknown): Awaited<ReturnType<Engine['waitContainer']>> => {
	const fields = fieldsOf(json);
	const holm = fields.object('Holm');
	const message = fields.object('Error').text('Message');
	if (message) {
		throw decodeError(holm.has('Error') ? holm.raw.Error : {message}, 500, message);
	}

	return {exitCode: fields.number('StatusCode'), reason: holm.optionalText('Reason')};
};

export const decodeTop = (json: unknown): Awaited<ReturnType<Engine['top']>> => {
	const fields = fieldsOf(json);
	// A list of lists of strings, each checked as a field of its own.
	const processes = fields.raw.Processes;
	return {
		titles: fields.texts('Titles'),
		processes: Array.isArray(processes) ? processes.map((process: unknown) => fieldsOf({Processes: process}).texts('Processes')) : [],
	};
};

export const decodeChanges = (json: unknown): readonly FileChange[] => fieldsOfList(json).map(item => ({
	path: item.text('Path'),
	kind: changeKinds[item.number('Kind')] ?? 'changed',
}));

/** The answer of a prune; `key` is Docker's field of the removed items. */
export const decodePruned = (key: string, json: unknown): Pruned => {
	const fields = fieldsOf(json);
	return {removed: fields.texts(key), freedBytes: fields.number('SpaceReclaimed')};
};

/** The answer of `DELETE /images/{name}`. */
export const decodeRemovedImage = (json: unknown): Awaited<ReturnType<Engine['removeImage']>> => {
	const items = fieldsOfList(json);
	return {
		untagged: items.flatMap(item => item.optionalText('Untagged') ?? []),
		deleted: items.flatMap(item => item.optionalText('Deleted') ?? []),
	};
};

/** The answer of `POST /images/prune`. */
export const decodePrunedImages = (json: unknown): Pruned => {
	const fields = fieldsOf(json);
	return {
		removed: fields.objects('ImagesDeleted').flatMap(item => {
			const untagged = item.optionalText('Untagged');
			return untagged === undefined ? item.optionalText('Deleted') ?? [] : `${untaggedPrefix}${untagged}`;
		}),
		freedBytes: fields.number('SpaceReclaimed'),
	};
};
