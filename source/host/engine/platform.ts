import {architectureOf} from '../setup/distributions.js';

/** The platform of this host's VMs, such as `linux/amd64`. */
export const ownPlatform = (): string => `linux/${architectureOf()?.debian ?? process.arch}`;

/** The system and processor of a platform, without its variant. */
export const platformName = (platform: string): string => platform.split('/').slice(0, 2).join('/');
