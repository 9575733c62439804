import type {Engine} from '../../engine/engine.js';
import type {Pruned, FileChange} from '../../engine/resources.js';
import {encodeError} from './progress.js';

type Ending = Awaited<ReturnType<Engine['waitContainer']>>;
type Processes = Awaited<ReturnType<Engine['top']>>;

/** The answer of `POST /containers/{id}/wait`. Docker's clients take `Error` for a failed wait, so that the reason has another field. */
export const encodeEnding = ({exitCode, reason}: Ending) => ({StatusCode: exitCode, Holm: {Reason: reason}});

/** The response of a wait that fails after its head was sent. */
export const encodeWaitError = (error: unknown) => {
	const body = encodeError(error);
	return {StatusCode: 125, Error: {Message: body.message}, Holm: {Error: body}};
};

export const encodeTop = ({titles, processes}: Processes) => ({Titles: [...titles], Processes: processes.map(process => [...process])});

/** Docker's numbers of the kinds of change, by their position. */
export const changeKinds: ReadonlyArray<FileChange['kind']> = ['changed', 'added', 'deleted'];

/** The answer of `GET /containers/{id}/changes`. */
export const encodeChanges = (changes: readonly FileChange[]) =>
	changes.map(({path, kind}) => ({Path: path, Kind: changeKinds.indexOf(kind)}));

/** The answer of a prune; `key` is Docker's field of the removed items, such as `ContainersDeleted`. */
export const encodePruned = (key: string, {removed, freedBytes}: Pruned) => ({[key]: [...removed], SpaceReclaimed: freedBytes});

type Removed = Awaited<ReturnType<Engine['removeImage']>>;

/** The answer of `DELETE /images/{name}`. */
export const encodeRemovedImage = ({untagged, deleted}: Removed) => [
	...untagged.map(name => ({Untagged: name})),
	...deleted.map(id => ({Deleted: id})),
];

/** Distinguishes removed names from deleted images. */
export const untaggedPrefix = 'untagged: ';

/** The answer of `POST /images/prune`. */
export const encodePrunedImages = ({removed, freedBytes}: Pruned) => ({
	ImagesDeleted: removed.map(name => name.startsWith(untaggedPrefix) ? {Untagged: name.slice(untaggedPrefix.length)} : {Deleted: name}),
	SpaceReclaimed: freedBytes,
});
