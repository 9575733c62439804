import {Buffer} from 'node:buffer';
import {createHash, randomUUID} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Buildah} from './buildah.js';

type Members = Readonly<Record<string, unknown>>;

/** What `buildah inspect --type image` prints. */
type Inspected = {
	/** The image's configuration as it is in the storage. */
	readonly Config: string;
	readonly Docker?: {readonly config?: {readonly OnBuild?: readonly string[] | null} | null};
};

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

const without = (members: Members, name: string): Members =>
	Object.fromEntries(Object.entries(members).filter(([key]) => key.toLowerCase() !== name));

/** The configuration without triggers. Go ignores the case of members. The number makes it an image of its own. */
const withoutTriggers = (configuration: string, number: string): string => {
	const image = JSON.parse(configuration) as Members;
	const members = Object.entries(image).map(([key, value]) => [key, isMembers(value) ? without(value, 'onbuild') : value] as const);
	return JSON.stringify({...Object.fromEntries(members), holm: number});
};

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Writes an image as containers/image's `dir:` does, of layers that are in the storage already, and therefore without them. */
const writeImage = async (directory: string, configuration: string): Promise<void> => {
	const {rootfs} = JSON.parse(configuration) as {readonly rootfs?: {readonly diff_ids?: readonly string[]}};
	const digest = digestOf(configuration);
	const manifest = {
		schemaVersion: 2,
		mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
		config: {mediaType: 'application/vnd.docker.container.image.v1+json', size: Buffer.byteLength(configuration), digest: `sha256:${digest}`},
		layers: (rootfs?.diff_ids ?? []).map(layer => ({mediaType: 'application/vnd.docker.image.rootfs.diff.tar', size: 0, digest: layer})),
	};
	await writeFile(path.join(directory, 'version'), 'Directory Transport Version: 1.1\n');
	await writeFile(path.join(directory, 'manifest.json'), JSON.stringify(manifest));
	await writeFile(path.join(directory, digest), configuration);
};

/**
Makes a working container of an image, calls `use` with its name, and removes it.

`buildah from` executes the triggers of an image (`ONBUILD`), as root and with the host's files as the build context. An image that has some is replaced by one without them.
*/
export const withWorkingContainer = async <Result>(
	buildah: Buildah,
	imageId: string,
	use: (name: string) => Promise<Result>,
): Promise<Result> => {
	const number = randomUUID();
	const name = `holm-${number}`;
	const id = imageId.replace('sha256:', '');
	const {Config: configuration, Docker: docker} = JSON.parse(await buildah.run(['inspect', '--type', 'image', id])) as Inspected;
	const hasTriggers = (docker?.config?.OnBuild ?? []).length > 0;
	const plain = hasTriggers ? withoutTriggers(configuration, number) : undefined;
	const make = async (arguments_: readonly string[]) => buildah.run(['from', ...buildah.policyArguments, '--name', name, ...arguments_]);
	try {
		if (plain === undefined) {
			await make(['--pull=never', id]);
		} else {
			await buildah.inScratch(async directory => {
				await writeImage(directory, plain);
				await make(['--quiet', `dir:${directory}`]);
			});
		}

		return await use(name);
	} finally {
		await buildah.run(['rm', name]).catch(() => undefined);
		if (plain !== undefined) {
			await buildah.run(['rmi', digestOf(plain)]).catch(() => undefined);
		}
	}
};
