import {HolmError} from '../../engine/errors.js';
import type {ContainerConfiguration, Image} from '../../engine/resources.js';
import {familiarName} from './reference.js';

/** Throws `invalid` for anything but a platform such as `linux/amd64` or `linux/arm/v7`. */
export const assertPlatform = (platform: string): void => {
	if (!/^[\da-z]+\/[\da-z]+(?:\/[\da-z]+)?$/v.test(platform)) {
		throw new HolmError('invalid', `${JSON.stringify(platform.slice(0, 100))} is not a platform`, {remedy: 'a platform looks like linux/amd64'});
	}
};

/** The system and processor of a platform, without its variant, by which images are not told apart. */
export const platformName = (platform: string): string => platform.split('/', 2).join('/');

/** Whether two platforms have the same system and processor. */
export const isSamePlatform = (one: string, other: string): boolean => platformName(one) === platformName(other);

/** Throws `unsupported` unless a container of an image can run in VMs of the platform `own`. */
export const assertRuns = (image: Image, {platform, image: name}: Pick<ContainerConfiguration, 'platform' | 'image'>, own: string): void => {
	const wanted = platform === undefined ? own : platformName(platform);
	if (wanted !== own || (image.architecture !== '' && `${image.os}/${image.architecture}` !== own)) {
		const found = wanted === own ? `${image.os}/${image.architecture}` : wanted;
		throw new HolmError('unsupported', `${name} for ${found.slice(0, 60)} cannot run on this host: its VMs are ${own}`, {remedy: `use an image for ${own}`});
	}
};

/** Throws `not-found` in Docker's words unless the image, which has one platform, is of each of those. */
export const assertProvides = (image: Image, reference: string, platforms: readonly string[], doing?: string): void => {
	const own = `${image.os}/${image.architecture}`;
	for (const platform of platforms) {
		assertPlatform(platform);
		if (!isSamePlatform(own, platform)) {
			const name = image.id.includes(reference) ? reference : familiarName(reference);
			const reason = `image with reference ${name} was found but does not provide the specified platform (${platform})`;
			throw new HolmError('not-found', doing === undefined ? reason : `${doing} for platform ${platform}: ${reason}`, {remedy: `it is for ${own}`});
		}
	}
};

/** Throws `not-found` unless an image of an archive is, among others, of the platform. */
export const assertContains = (provided: readonly string[], tags: readonly string[], platform: string): void => {
	if (!provided.some(other => isSamePlatform(other, platform))) {
		const name = tags[0] === undefined ? 'an image without a name' : familiarName(tags[0]);
		throw new HolmError('not-found', `no suitable image found for platform ${platform}: the archive has ${name} for ${provided.join(', ').slice(0, 300) || 'no platform'}`, {remedy: 'leave out the platform'});
	}
};
