import {Buffer} from 'node:buffer';
import type {FileChange} from '../../engine/resources.js';
import {listChanges} from '../../rules/containers/file-changes.js';
import {mountedPaths} from '../containers/bundle.js';
import {createComparison, createListParser} from '../containers/file-list.js';
import type {Agent} from '../machines/ssh/agent.js';
import {createBaseFiles, listCommand} from './base-files.js';
import {openOutput} from './files.js';
import type {Entry, Context} from './context.js';

export type Compare = (entry: Entry, agent: Agent) => Promise<{
	/** Paths are bytes: each character is one byte. */
	readonly changes: readonly FileChange[];
	/** Changed paths that are not the same directory as before. */
	readonly replaced: readonly string[];
}>;

/** Compares the files on a container's disk, listed in its guest, with those of the image. */
export const createCompare = (context: Context): Compare => {
	const baseFiles = createBaseFiles(context);
	return async ({container}, agent) => {
		const comparison = createComparison(await baseFiles(container.imageId));
		const parser = createListParser(comparison.add);
		for await (const chunk of await openOutput(agent, listCommand, `the list of the files of container ${container.name}`)) {
			parser.push(chunk as Uint8Array);
		}

		parser.end();
		const ignored = mountedPaths(container.mounts).map(path => Buffer.from(path).toString('latin1'));
		return {changes: listChanges(comparison.changes(), ignored), replaced: comparison.replaced().filter(path => !ignored.includes(path))};
	};
};
