import type {Case} from './host.js';

/** Every case, in the order in which they are taken on a host. */
export const cases: readonly Case[] = [];
