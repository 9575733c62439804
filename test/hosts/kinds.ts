import type {HostKind} from './host.js';
import {systems} from './system/kinds.js';
import {debian13Userland} from './userland.js';

/** Every host, in the order in which they are visited. */
export const kinds: readonly HostKind[] = [debian13Userland, ...systems];
