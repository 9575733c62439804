import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import type {Image} from '../../engine/resources.js';
import {isSamePlatform} from '../../rules/images/platform.js';

/** A manifest as registries have it. */
export type Manifest = {readonly bytes: Uint8Array; readonly mediaType: string; readonly digest: string};

const manifestTypes = new Set(['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json']);

const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';

export const manifestOf = (bytes: Uint8Array, mediaType: string): Manifest => ({
	bytes, mediaType, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
});

/** An entry of a list, in the words of the OCI image specification. */
type Entry = {
	readonly mediaType: string;
	readonly digest: string;
	readonly size: number;
	readonly platform: {readonly os: string; readonly architecture: string; readonly variant?: string};
};

const isWord = (value: unknown): value is string => typeof value === 'string' && /^[\da-z]{1,32}$/v.test(value);

/** The entries of a list of a registry; what is none is skipped. */
const entriesOf = (list: Uint8Array): readonly Entry[] => {
	let manifests: unknown;
	try {
		({manifests} = JSON.parse(Buffer.from(list).toString()) as {readonly manifests?: unknown});
	} catch {}

	return (Array.isArray(manifests) ? manifests as ReadonlyArray<Partial<Entry> | null> : []).flatMap(entry => {
		const {mediaType = '', digest = '', size, platform} = entry ?? {};
		const {os, architecture, variant} = platform ?? {};
		const isWhole = manifestTypes.has(mediaType) && typeof digest === 'string' && /^sha256:[\da-f]{64}$/v.test(digest) && Number.isSafeInteger(size) && size! >= 0;
		return isWhole && isWord(os) && isWord(architecture) && os !== 'unknown'
			? [{
				mediaType, digest, size: size!, platform: {os, architecture, ...isWord(variant) && {variant}},
			}]
			: [];
	});
};

/**
The list of platforms as which an image is offered: BuildKit takes a manifest that is in none for any platform, and a build for another one would get this image's files under a false name.

The entries for other platforms are those of the lists with which the image was pulled; the registry has what they name. An image that names no platform is offered without a list.
*/
export const platformList = (own: Manifest, {os, architecture}: Pick<Image, 'os' | 'architecture'>, lists: readonly Uint8Array[]): Manifest => {
	if (!isWord(os) || !isWord(architecture)) {
		return own;
	}

	const platform = `${os}/${architecture}`;
	const others = lists.flatMap(list => entriesOf(list)).filter(entry => !isSamePlatform(platform, `${entry.platform.os}/${entry.platform.architecture}`));
	const mediaType = own.mediaType.includes('.docker.') ? dockerList : ociIndex;
	const entries: readonly Entry[] = [
		{
			mediaType: own.mediaType, digest: own.digest, size: own.bytes.length, platform: {os, architecture},
		},
		...new Map(others.map(entry => [entry.digest, entry])).values(),
	];
	return manifestOf(Buffer.from(JSON.stringify({schemaVersion: 2, mediaType, manifests: entries})), mediaType);
};
