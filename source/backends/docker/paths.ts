import {HolmError} from '../../engine/errors.js';
import type {Filters} from '../../engine/resources.js';
import type {TerminalSize} from '../../engine/sessions.js';
import type {QueryValues} from '../../wire/encode/query.js';

/** Filters in the form of API 1.22 and later; undefined if there are none. */
export const encodeFilters = (filters: Filters | undefined): string | undefined =>
	filters && Object.keys(filters).length > 0 ? JSON.stringify(filters) : undefined;

/** A time as the API expects it: seconds with a fraction. */
export const encodeMoment = (milliseconds: number | undefined): string | undefined =>
	milliseconds === undefined ? undefined : (milliseconds / 1000).toFixed(3);

/** A name as path segments; slashes of image names stay. */
export const pathName = (reference: string, kind: string): string => {
	const parts = reference.split('/');
	if (parts.some(part => part === '' || part === '.' || part === '..')) {
		throw new HolmError('not-found', `No such ${kind}: ${JSON.stringify(reference.slice(0, 200))}`, {remedy: 'check the name'});
	}

	// Colons and at signs of image names stay, as in Docker's clients.
	return parts.map(part => encodeURIComponent(part.toWellFormed()).replaceAll('%3A', ':').replaceAll('%40', '@')).join('/');
};

export const containerPath = (reference: string, verb = ''): string => `/containers/${pathName(reference, 'container')}${verb}`;

export const imagePath = (reference: string, verb = ''): string => `/images/${pathName(reference, 'image')}${verb}`;

export const sizeQuery = ({rows, columns}: TerminalSize): QueryValues => ({h: rows, w: columns});
