import type {Image} from '../../../engine/resources.js';
import {parseImage} from '../../../rules/images/image.js';
import {countOf, listOf, membersOf, momentOf, textOf, type Members} from './lenient.js';

/** One name of an image, as Apple's program lists it. */
export type AppleImage = {
	readonly reference: string;
	/** `sha256:` and the digits of its index. */
	readonly digest: string;
	/** Of the manifest for the processor, with `sha256:`; empty if it has none. */
	readonly manifest: string;
	/** Without names. */
	readonly image: Image;
};

const isReal = ({platform}: Members) => textOf(membersOf(platform).architecture) !== 'unknown';

/** The variant for a processor, or else the first that is not an attestation. */
const variantFor = (variants: readonly Members[], architecture: string): Members => {
	const real = variants.filter(variant => isReal(variant));
	return real.find(({platform}) => membersOf(platform).architecture === architecture) ?? real[0] ?? {};
};

const decodeImage = (item: Members, architecture: string): AppleImage => {
	const configuration = membersOf(item.configuration);
	const digest = textOf(membersOf(configuration.descriptor).digest) || `sha256:${textOf(item.id)}`;
	const {config, size, digest: manifest} = variantFor(listOf(item.variants), architecture);
	const image = parseImage({id: digest.replace('sha256:', '')}, config, countOf(size));
	return {
		reference: textOf(configuration.name),
		digest,
		manifest: textOf(manifest),
		image: {...image, createdAt: image.createdAt || (momentOf(configuration.creationDate) ?? 0)},
	};
};

/** The images of a list, one for each name. */
export const decodeImages = (document: unknown, architecture: string): readonly AppleImage[] =>
	listOf(document).map(item => decodeImage(item, architecture)).filter(({reference, digest}) => reference !== '' && digest !== 'sha256:');
