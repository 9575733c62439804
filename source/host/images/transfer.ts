import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {RegistryCredentials} from '../../engine/transfer.js';
import type {Progress} from '../../engine/resources.js';
import {find} from '../../rules/images/find.js';
import {assertPlatform} from '../../rules/images/platform.js';
import {
	exactReference,
	familiarName,
	formatReference,
	isLoopback,
	parseReference,
	registryOf,
	repositoryName,
	type Reference,
} from '../../rules/images/reference.js';
import {writeCredentials, type Buildah} from './buildah.js';
import type {Catalogue} from './catalogue.js';
import {printable} from './printable.js';

export type TransferOptions = {readonly credentials?: RegistryCredentials; readonly signal?: AbortSignal};

/** `platform` looks like `linux/amd64`; default the host's. */
export type PullOptions = TransferOptions & {readonly platform?: string};

type Store = {readonly buildah: Buildah; readonly catalogue: () => Promise<Catalogue>};

// The registry's answer is only in buildah's message.
const answers = [
	{says: /unauthorized|authentication required|access to the resource is denied|denied:|invalid username\/password|status code: 40[13]/iv, code: 'forbidden', remedy: 'holm login'},
	{says: /manifest unknown|name unknown|not found|no image found in manifest|no image found in image index/iv, code: 'not-found', remedy: undefined},
	{says: /connection refused|no such host|timeout|timed out|deadline exceeded|no route to host|network is unreachable|connection reset|temporary failure|eof|tls|x509|http response to https/iv, code: 'unavailable', remedy: 'look at the network, the proxy, and the name of the registry'},
	{says: /invalid reference format/iv, code: 'unsupported', remedy: 'this buildah does not take an IPv6 address for a registry: use localhost'},
] as const;

/** The error for a failed request to a registry. */
export const registryError = (doing: string, error: unknown): HolmError => {
	if (error instanceof HolmError && error.code === 'unavailable') {
		return error;
	}

	// The innermost reason is the last part of buildah's message. The parts before it repeat the image's name.
	const message = messageOf(error);
	const reason = printable(message.replace(/^.*?(?=pinging container registry|reading manifest|requesting |initializing source|logging into)/v, '').replace(/^initializing source \S+: /v, ''));
	const answer = answers.find(({says}) => says.test(message));
	return new HolmError(answer?.code ?? 'internal', `${doing}: ${reason}`, {remedy: answer?.remedy, cause: error});
};

/** Docker's words for what a registry does not have, by which its clients know that there is no such image. Docker Hub denies access to repositories that do not exist. */
const missing = [
	{says: /requested access to the resource is denied/iv, words: (name: string) => `pull access denied for ${name}, repository does not exist or may require a login`},
	{says: /name unknown/iv, words: (name: string) => `repository ${name} not found: does not exist or no pull access`},
	{says: /manifest unknown/iv, words: (_name: string, version: string) => `manifest for ${version} not found`},
] as const;

/** The error for a failed pull. */
export const pullError = (reference: Reference, error: unknown): HolmError => {
	const version = familiarName(formatReference(reference));
	const doing = `Cannot pull ${version}`;
	const found = missing.find(({says}) => says.test(messageOf(error)));
	const failure = registryError(doing, error);
	if (!found || failure.code === 'unavailable') {
		return failure;
	}

	const words = found.words(familiarName(repositoryName(reference)), version);
	return new HolmError('not-found', failure.message.replace(`${doing}: `, () => `${doing}: ${words}: `), {remedy: failure.remedy, cause: error});
};

const cancelled = (doing: string, signal: AbortSignal | undefined, error: unknown): HolmError =>
	signal?.aborted ? new HolmError('unavailable', `${doing}: cancelled`, {cause: error}) : registryError(doing, error);

const connection = async (work: string, registry: string, credentials: RegistryCredentials | undefined): Promise<readonly string[]> => [
	...(isLoopback(registry) ? ['--tls-verify=false'] : []),
	...(credentials ? ['--authfile', await writeCredentials(work, registry, credentials)] : []),
];

/** Progress of a layer, from buildah's line on a blob. */
const layerProgress = (line: string, status: string): Progress | undefined => {
	const digest = /^Copying blob (?:sha256:)?(?<digest>[\da-f]{12})/v.exec(line)?.groups?.digest;
	return digest === undefined ? undefined : {id: digest, status};
};

type Exchange = {
	/** Comes first, once the registry has answered: Docker answers an earlier failure with an error status. */
	readonly beginning: Progress;
	/** The status of a layer that buildah works on. */
	readonly status: string;
	/** Directory for temporary files. */
	readonly work: string;
	readonly signal?: AbortSignal;
};

async function * exchange(
	{buildah}: Store,
	arguments_: readonly string[],
	{beginning, status, work, signal}: Exchange,
): AsyncGenerator<Progress, string> {
	let last = '';
	let hasBegun = false;
	for await (const {stream, text} of buildah.lines(arguments_, {signal, environment: {TMPDIR: work}})) {
		if (stream === 'stdout' && text !== '') {
			last = text;
		}

		const progress = layerProgress(text, status);
		if (progress) {
			if (!hasBegun) {
				yield beginning;
			}

			hasBegun = true;
			yield progress;
		}
	}

	if (!hasBegun) {
		yield beginning;
	}

	return last;
}

const repositoryAndTag = (reference: Reference) => ({name: familiarName(formatReference(reference)), version: reference.tag ?? reference.digest ?? ''});

/**
Pulls an image from its registry, even if it is there already.

@yields Layers by the first digits of their digest, then the result.
*/
export async function * pull(store: Store, text: string, options: PullOptions = {}): AsyncGenerator<Progress, void> {
	const {credentials, platform, signal} = options;
	if (platform !== undefined) {
		assertPlatform(platform);
	}

	const reference = exactReference(parseReference(text));
	const {name, version} = repositoryAndTag(reference);
	const doing = `Cannot pull ${name}`;
	const before = await store.catalogue();
	const work = await store.buildah.scratch();
	try {
		const id = yield * exchange(store, [
			'pull',
			'--policy',
			'always',
			...store.buildah.policyArguments,
			...await connection(work, reference.registry, credentials),
			...(platform === undefined ? [] : ['--platform', platform]),
			`docker://${formatReference(reference)}`,
		], {
			beginning: {id: version, status: `Pulling from ${reference.repository}`}, status: 'Downloading', work, signal,
		});
		const {image} = find((await store.catalogue()).images, id);
		const isNew = before.images.every(known => known.id !== image.id);
		yield {status: `Digest: ${image.digests.find(digest => digest.startsWith(`${reference.registry}/${reference.repository}@`))?.split('@', 2)[1] ?? image.id}`};
		yield {status: `Status: ${isNew ? 'Downloaded newer image' : 'Image is up to date'} for ${name}`};
	} catch (error) {
		throw signal?.aborted ? cancelled(doing, signal, error) : pullError(reference, error);
	} finally {
		await store.buildah.removeScratch(work);
	}
}

/**
Pushes an image to the registry of one of its names.

@yields Layers by the first digits of their digest, then the image's digest in the registry.
*/
export async function * push(store: Store, text: string, {credentials, signal}: TransferOptions = {}): AsyncGenerator<Progress, void> {
	const {image, name} = find((await store.catalogue()).images, text);
	if (name === undefined) {
		throw new HolmError('invalid', `Cannot push ${text}: an id does not say where to`, {remedy: 'give it a name first: holm tag'});
	}

	const reference = exactReference(parseReference(name));
	const doing = `Cannot push ${familiarName(name)}`;
	const work = await store.buildah.scratch();
	try {
		const digestFile = path.join(work, 'digest');
		yield * exchange(store, [
			'push',
			...store.buildah.policyArguments,
			...await connection(work, reference.registry, credentials),
			'--digestfile',
			digestFile,
			image.id.slice('sha256:'.length),
			`docker://${formatReference(reference)}`,
		], {
			beginning: {status: `The push refers to repository [${reference.registry}/${reference.repository}]`}, status: 'Pushing', work, signal,
		});
		const digest = await readFile(digestFile, 'utf8');
		yield {status: `${reference.tag ?? 'digest'}: digest: ${digest.trim()}`};
	} catch (error) {
		throw cancelled(doing, signal, error);
	} finally {
		await store.buildah.removeScratch(work);
	}
}

/** Checks credentials against the registry. They are not stored. */
export const login = async (buildah: Buildah, credentials: RegistryCredentials): Promise<void> => {
	const registry = registryOf(credentials.server);
	const {username, password} = credentials;
	if (password === '' || /[\0\n\r]/v.test(username + password) || username.length > 1000) {
		throw new HolmError('invalid', `Cannot log in to ${registry}: a user name and a password are one line each`, {remedy: 'give both'});
	}

	await buildah.inScratch(async work => {
		try {
			await buildah.run([
				'login',
				'--authfile',
				path.join(work, 'auth.json'),
				...(isLoopback(registry) ? ['--tls-verify=false'] : []),
				'--username',
				username,
				'--password-stdin',
				registry,
			], {input: password, environment: {TMPDIR: work}});
		} catch (error) {
			throw registryError(`Cannot log in to ${registry}`, error);
		}
	});
};
