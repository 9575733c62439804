import type {Readable} from 'node:stream';
import {tarEntries} from '../../archive/tar-entries.js';
import {HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import type {TransferVerbs} from '../../engine/transfer.js';
import {assertPlatform} from '../../rules/images/platform.js';
import {exactReference, familiarName, formatReference, parseReference, tagName} from '../../rules/images/reference.js';
import {publish, type Context} from './context.js';
import {findImageItem, readImages} from './image-listing.js';
import {withChanges} from './image-config.js';
import {makeImage} from './new-image.js';
import {addEntry, packFile} from './pack-file.js';
import {createSpool} from './spool.js';
import {loadImages} from './transfer/load.js';
import {tryLogin, withLogin} from './transfer/login.js';
import {progressOf} from './transfer/progress.js';
import {saveImages} from './transfer/save.js';

export const transferVerbs = (context: Context): TransferVerbs => ({
	async * pullImage(text, {credentials, platform, signal} = {}): AsyncGenerator<Progress, void> {
		const reference = formatReference(exactReference(parseReference(text)));
		if (platform !== undefined) {
			assertPlatform(platform);
		}

		const program = await context.program();
		yield {status: `Pulling from ${parseReference(text).repository}`};
		yield * withLogin(context, credentials, () => progressOf(
			context,
			['image', 'pull', '--progress', 'plain', '--platform', platform ?? `linux/${program.architecture}`, reference],
			signal,
		));
		publish(
			context,
			{type: 'image', action: 'pull', id: familiarName(reference), attributes: {name: familiarName(reference).replace(/:[^:\/]*$/v, '')}},
		);
	},
	async * pushImage(text, {credentials, signal} = {}): AsyncGenerator<Progress, void> {
		const {references, name} = findImageItem(await readImages(context), text);
		const reference = references.find(other => other === name) ?? references[0]!;
		yield * withLogin(context, credentials, () => progressOf(context, ['image', 'push', '--progress', 'plain', reference], signal));
	},
	async registryImage(text) {
		throw new HolmError(
			'unsupported',
			`Cannot ask the registry about ${JSON.stringify(text.slice(0, 200))}: Apple's container has no command for it`,
			{remedy: 'pull the image'},
		);
	},
	async saveImages(references, options) {
		return saveImages(context, references, options);
	},
	async * loadImages(tar, options) {
		yield * loadImages(context, tar, options);
	},
	async importImage(tar: Readable, {tag, message = 'Imported from -', changes = []} = {}) {
		tar.on('error', () => undefined);
		const tags = tag === undefined ? [] : [tagName(tag)];
		const configuration = await withChanges({
			user: '', environment: [], entrypoint: [], command: [], workingDirectory: '', exposedPorts: [], volumes: [], labels: {},
		}, changes);
		await using spool = await createSpool();
		const layer = packFile(spool.path('layer.tar'));
		try {
			for await (const entry of tarEntries(tar)) {
				await addEntry(layer, entry);
			}
		} catch (error) {
			throw error instanceof HolmError ? error : new HolmError(
				'invalid',
				'the file system to import is not a tar',
				{remedy: 'make it with tar, or holm export', cause: error},
			);
		}

		await layer.finish();
		const {id} = await context.inTurn(async () => makeImage(context, {
			configuration, layerFile: spool.path('layer.tar'), createdBy: 'import', author: '', comment: message, tags,
		}, spool));
		publish(context, {type: 'image', action: 'import', id, attributes: {name: tags[0] === undefined ? id : familiarName(tags[0])}});
		return {id};
	},
	async checkCredentials(credentials) {
		await tryLogin(context, credentials);
	},
});
