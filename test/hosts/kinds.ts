import type {HostKind} from './host.js';

/** Every host, in the order in which they are visited. */
export const kinds: readonly HostKind[] = [];
