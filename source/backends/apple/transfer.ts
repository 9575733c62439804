import {createReadStream, createWriteStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {PassThrough, type Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import type {RegistryCredentials, TransferVerbs} from '../../engine/transfer.js';
import {tarEntries} from '../../archive/tar-entries.js';
import {assertContains, assertPlatform, assertProvides} from '../../rules/images/platform.js';
import {exactReference, familiarName, formatReference, parseReference, registryOf, tagName} from '../../rules/images/reference.js';
import {newId, publish, type Context} from './context.js';
import {failureOf, plainText} from './failures.js';
import {findImageItem, readImages, takeTag} from './image-listing.js';
import {withChanges} from './image-config.js';
import {diffIdsOf, jsonBlob, layersOf, readLayout, unpackLayout, writeLayout, type LayoutImage} from './layout.js';
import {loadDockerArchive} from './docker-archive.js';
import {makeImage} from './new-image.js';
import {addEntry, packFile} from './pack-file.js';
import {unlimited} from './program.js';
import {createSpool, outputOf, withFileThere} from './spool.js';
import {textOf} from './decode/lenient.js';

/** Runs Apple's program; the lines of its standard error are the progress. */
async function * progressOf(context: Context, argv: readonly string[], signal?: AbortSignal): AsyncGenerator<Progress, void> {
	const program = await context.program();
	if (signal?.aborted) {
		throw new HolmError('unavailable', `container ${argv.slice(0, 2).join(' ')} was cancelled`, {cause: signal.reason});
	}

	const execution = await program.transport.execute([program.path, ...argv]);
	execution.stdin.end();
	execution.stdout.resume();
	const onAbort = () => {
		execution.signal('SIGKILL');
	};

	signal?.addEventListener('abort', onAbort, {once: true});
	let all = '';
	let rest = '';
	try {
		for await (const chunk of execution.stderr) {
			all = (all + String(chunk)).slice(-64 * 1024);
			const lines = plainText(rest + String(chunk)).split('\n');
			rest = lines.pop()!;
			yield * lines.filter(line => line.trim() !== '' && !line.startsWith('Error: ')).map(line => ({status: line.trim().slice(0, 500)}));
		}

		const {exitCode = 137} = await execution.ended;
		if (signal?.aborted) {
			throw new HolmError('unavailable', `container ${argv.slice(0, 2).join(' ')} was cancelled`, {cause: signal.reason});
		}

		if (exitCode !== 0) {
			throw failureOf({argv, exitCode, stderr: all, where: program.transport.name});
		}
	} finally {
		signal?.removeEventListener('abort', onAbort);
		execution.signal('SIGKILL');
	}
}

const login = async (context: Context, {username, password, server}: RegistryCredentials): Promise<void> => {
	const program = await context.program();
	await program.run(['registry', 'login', '-u', username, '--password-stdin', registryOf(server)], {input: Buffer.from(`${password}\n`)});
};

const logout = async (context: Context, {server}: RegistryCredentials): Promise<void> => {
	const program = await context.program();
	await program.attempt(['registry', 'logout', registryOf(server)]);
};

/** Whether the user has logged in to a registry, whose login must stay. */
const isLoggedIn = async (context: Context, {server}: RegistryCredentials): Promise<boolean> => {
	const program = await context.program();
	const {stdout, exitCode} = await program.attempt(['registry', 'list', '--format', 'json']);
	return exitCode === 0 && stdout.toString().replaceAll(String.raw`\/`, '/').includes(`"${registryOf(server)}"`);
};

/** Runs an action with a login, which is removed afterwards. */
async function * withLogin(
	context: Context,
	credentials: RegistryCredentials | undefined,
	action: () => AsyncIterable<Progress>,
): AsyncGenerator<Progress, void> {
	const isOwn = credentials !== undefined && !await isLoggedIn(context, credentials);
	if (isOwn) {
		await login(context, credentials);
	}

	try {
		yield * action();
	} finally {
		if (isOwn) {
			await logout(context, credentials);
		}
	}
}

/** Beside the layout of the archive, the index of Docker's archives, so that Docker reads it, too. */
const withDockerIndex = async (
	files: ReadonlyMap<string, string>,
	images: readonly LayoutImage[],
	names: ReadonlyMap<string, readonly string[]>,
	file: string,
): Promise<void> => {
	const archive = packFile(file);
	for (const [name, source] of files) {
		if (name !== 'manifest.json') {
			await archive.add({name, size: (await stat(source)).size, mode: 0o444}, createReadStream(source));
		}
	}

	const manifest = [];
	for (const image of images) {
		const config = jsonBlob('', image.config);
		const own = [...files].find(([, source]) => source === image.configFile)?.[0];
		manifest.push({
			Config: own ?? `blobs/sha256/${config.digest.replace('sha256:', '')}`,
			RepoTags: [...new Set(image.names.flatMap(name => names.get(name) ?? []))],
			Layers: image.layers.map(({digest}) => `blobs/sha256/${digest.replace('sha256:', '')}`),
		});
	}

	await archive.add({name: 'manifest.json', mode: 0o444}, JSON.stringify(manifest));
	await archive.finish();
};

/** Names that an archive gives its images, as Docker's rules have them. */
const tagsOf = ({names}: LayoutImage): readonly string[] => names.flatMap(name => {
	try {
		const full = tagName(name);
		return full.startsWith('holm.local/') ? [] : [full];
	} catch {
		return [];
	}
});

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
	async saveImages(references, {platform} = {}) {
		const program = await context.program();
		const images = await readImages(context);
		const wanted = references.map(reference => ({reference, item: findImageItem(images, reference)}));
		for (const {reference, item} of wanted) {
			assertProvides(item.image, reference, platform === undefined ? [] : [platform], 'no suitable export target found');
		}

		if (wanted.length === 0) {
			throw new HolmError('invalid', 'no image was named to save', {remedy: 'name one or more'});
		}

		const names = new Map(wanted.map(({item}) => [
			item.name ?? item.references[0]!,
			item.name === undefined ? item.image.tags.map(tag => familiarName(tag)) : [familiarName(item.name)],
		]));
		const spool = await createSpool();
		const tar = await outputOf(
			program,
			['image', 'save', '--platform', platform ?? `linux/${program.architecture}`, ...new Set(names.keys())],
		);
		const files = await unpackLayout(tar, spool);
		await withDockerIndex(files, await readLayout(files, program.architecture), names, spool.path('saved.tar'));
		for (const {item} of wanted) {
			publish(context, {
				type: 'image',
				action: 'save',
				id: item.image.id,
				attributes: {name: familiarName(item.image.tags[0] ?? item.image.id.replace('sha256:', ''))},
			});
		}

		const output = new PassThrough();
		pipeline(createReadStream(spool.path('saved.tar')), output).catch(() => undefined).finally(() => {
			void spool[Symbol.asyncDispose]();
		});
		return output;
	},
	async * loadImages(tar, {platform} = {}): AsyncGenerator<Progress, void> {
		tar.on('error', () => undefined);
		if (platform !== undefined) {
			assertPlatform(platform);
		}

		const program = await context.program();
		await using spool = await createSpool();
		const files = await unpackLayout(tar, spool);
		const loaded = files.has('index.json') ? await readLayout(files, program.architecture) : await loadDockerArchive(files, spool);
		for (const image of platform === undefined ? [] : loaded) {
			assertContains([`${textOf(image.config.os)}/${textOf(image.config.architecture)}`], tagsOf(image), platform!);
		}

		for (const image of loaded) {
			const name = `holm.local/loaded:${newId().slice(0, 16)}`;
			const tags = tagsOf(image);
			await writeLayout({config: image.config, layers: layersOf(image), name}, spool.path('load.tar'));
			const {id} = await context.inTurn(async () => {
				await withFileThere(program, spool.path('load.tar'), async file => {
					await program.run(['image', 'load', '-i', file], unlimited);
				});
				const {nameImage} = await import('./images.js');
				return nameImage(context, name, tags);
			});
			publish(context, {type: 'image', action: 'load', id, attributes: {name: tags[0] === undefined ? id : familiarName(tags[0])}});
			yield * tags.length === 0 ? [{text: `Loaded image ID: ${id}\n`}] : tags.map(tag => ({text: `Loaded image: ${familiarName(tag)}\n`}));
		}
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
		const isKnown = await isLoggedIn(context, credentials);
		await login(context, credentials);
		if (!isKnown) {
			await logout(context, credentials);
		}
	},
});
