import {HolmError, messageOf} from '../../engine/errors.js';
import type {RegistryImage} from '../../engine/transfer.js';
import {
	exactReference,
	familiarName,
	formatReference,
	parseReference,
} from '../../rules/images/reference.js';
import {platformsIn} from './archive-platforms.js';
import {
	complaintOf,
	createRegistryClient,
	digestLike,
	type RegistryClient,
} from './registry-client.js';
import type {TransferOptions} from './transfer.js';

const indexTypes: ReadonlySet<string> = new Set(['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json']);

const mediaTypes: readonly string[] = [
	...indexTypes,
	'application/vnd.oci.image.manifest.v1+json',
	'application/vnd.docker.distribution.manifest.v2+json',
];

/** The body, whose digest is checked if the path has one. Throws with the registry's complaint. */
const readBody = async (client: RegistryClient, path: string) => {
	const answer = await client(path, {Accept: mediaTypes.join(', ')});
	const {status, headers, body} = answer;
	if (status === 401 || status === 403) {
		throw new HolmError('forbidden', complaintOf(answer), {remedy: 'holm login'});
	}

	if (status !== 200) {
		throw new HolmError(status === 404 ? 'not-found' : 'unavailable', complaintOf(answer));
	}

	const wanted = path.split('/')[1]!;
	if (wanted.includes(':') && digestLike(wanted, body) !== wanted) {
		throw new HolmError('unavailable', `the registry sends something else than ${wanted}`);
	}

	return {body, mediaType: headers['content-type']?.split(';', 1)[0]!.trim() ?? ''};
};

const describe = async (client: RegistryClient, version: string): Promise<RegistryImage> => {
	const {body, mediaType} = await readBody(client, `manifests/${version}`);
	if (!mediaTypes.includes(mediaType)) {
		throw new HolmError('unsupported', `its manifest is of another type: ${JSON.stringify(mediaType.slice(0, 100))}`);
	}

	// The manifest is at hand. The configuration that it names is a blob; an index has the platforms itself.
	const isIndex = indexTypes.has(mediaType);
	const read = async (names: ReadonlySet<string>) => {
		const [name] = [...names];
		if (name !== 'manifest' && isIndex) {
			return new Map<string, unknown>();
		}

		const content = name === 'manifest' ? body : (await readBody(client, `blobs/${name!.replace('blobs/sha256/', 'sha256:')}`)).body;
		return new Map<string, unknown>([[name!, JSON.parse(content.toString())]]);
	};

	return {
		digest: digestLike('sha256:', body), mediaType, sizeBytes: body.length, platforms: await platformsIn('manifest', read),
	};
};

/** Asks the registry about an image. */
export const registryImage = async (text: string, options: TransferOptions = {}): Promise<RegistryImage> => {
	const reference = exactReference(parseReference(text));
	const doing = `Cannot ask the registry about ${familiarName(formatReference(reference))}`;
	try {
		const client = createRegistryClient(reference.registry, reference.repository, options);
		return await describe(client, reference.digest ?? reference.tag!);
	} catch (error) {
		if (options.signal?.aborted) {
			throw new HolmError('unavailable', `${doing}: cancelled`, {cause: error});
		}

		if (error instanceof HolmError) {
			throw new HolmError(error.code, `${doing}: ${error.message}`, {remedy: error.remedy, cause: error});
		}

		throw error instanceof SyntaxError
			? new HolmError('unavailable', `${doing}: its answer is not JSON: ${messageOf(error)}`, {cause: error})
			: new HolmError('unavailable', `${doing}: ${messageOf(error) || String((error as NodeJS.ErrnoException).code)}`, {remedy: 'look at the network, the proxy, and the name of the registry', cause: error});
	}
};
