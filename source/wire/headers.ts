/** What a client of ours accepts, and by which it is known: lists then have every resource whole. */
export const holmMediaType = 'application/vnd.holm+json';

/** The error of an answer that cannot have a body: one to HEAD, or 304. */
export const errorHeader = 'holm-error';
