/** The media type that marks Holm's clients: their lists have complete resources. */
export const holmMediaType = 'application/vnd.holm+json';

/** Header with the error of a response that cannot have a body: to HEAD, or with status 304. */
export const errorHeader = 'holm-error';
