import {HolmError} from '../../engine/errors.js';
import {isSamePlatform} from '../../rules/images/platform.js';
import {architectureOf} from '../setup/distributions.js';

/** The platform of this host's VMs, such as `linux/amd64`. */
export const ownPlatform = (): string => `linux/${architectureOf()?.debian ?? process.arch}`;

/** Throws `unsupported` for an image of another platform. */
export const assertOwnPlatform = (platform: string | undefined): void => {
	if (platform !== undefined && !isSamePlatform(platform, ownPlatform())) {
		throw new HolmError('unsupported', `an image for ${JSON.stringify(platform.slice(0, 60))} is of no use on this host: its VMs are ${ownPlatform()}`, {remedy: 'leave out the platform'});
	}
};
