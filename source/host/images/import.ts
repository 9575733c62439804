import {randomUUID} from 'node:crypto';
import {createWriteStream} from 'node:fs';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import type {ImportOptions} from '../../engine/transfer.js';
import {HolmError} from '../../engine/errors.js';
import {run} from '../run.js';
import type {Buildah} from './buildah.js';
import {changeImage, commitContainer} from './commit.js';
import {ProgramError} from './output-lines.js';

/** Throws `invalid` for what is no tar: buildah would add it as a file. */
const assertTar = async (file: string): Promise<void> => {
	try {
		await run('sh', ['-c', 'exec tar --list --file "$1" >/dev/null', 'sh', file]);
	} catch (error) {
		throw new HolmError('invalid', 'the file system to import is not a tar', {remedy: 'give a tar, plain or compressed, such as one of holm export', cause: error});
	}
};

/**
Makes an image of one layer from the files in a tar, as `docker import` does, and resolves with its id.

Buildah unpacks the tar in a chroot, so that no link or name in it leads outside.
*/
export const importImage = async (buildah: Buildah, tar: Readable, {changes = [], message = 'Imported from -'}: ImportOptions): Promise<string> => buildah.inScratch(async work => {
	const layer = path.join(work, 'layer.tar');
	await pipeline(tar, createWriteStream(layer, {mode: 0o600}));
	await assertTar(layer);
	const name = `holm-${randomUUID()}`;
	try {
		await buildah.run(['from', ...buildah.policyArguments, '--name', name, 'scratch']);
		await buildah.run(['add', '--quiet', name, layer, '/']);
		// Buildah appends its own text to the comment.
		await buildah.run(['config', '--created-by', 'import', '--history-comment', `${message} `, name]);
		return await changeImage(buildah, await commitContainer(buildah, name), changes);
	} catch (error) {
		throw error instanceof ProgramError && error.code !== 'unavailable' ? new HolmError('invalid', `the file system cannot be imported: ${error.message}`, {cause: error}) : error;
	} finally {
		await buildah.run(['rm', name]).catch(() => undefined);
	}
});
