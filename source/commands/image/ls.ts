import type {Image} from '../../engine/resources.js';
import {defineCommand} from '../command.js';
import {filterFlag, parseFilters} from '../filters.js';
import {timeAgo} from '../../text/durations.js';
import {labelFields, shortId, tableTime} from '../print/fields.js';
import {listFlags, printRows, type Row} from '../print/rows.js';
import {decimalSize} from '../../text/sizes.js';

const none = '<none>';

/** The short form of a reference, without Docker Hub's prefixes. */
export const familiarName = (reference: string): string => reference.replace(/^docker\.io\/(?:library\/)?/v, '');

/** Repository and tag of a reference with a tag; a colon in its first part is a port. */
export const splitTag = (reference: string): {readonly repository: string; readonly tag: string} => {
	const colon = reference.lastIndexOf(':');
	return colon > reference.lastIndexOf('/')
		? {repository: reference.slice(0, colon), tag: reference.slice(colon + 1)}
		: {repository: reference, tag: none};
};

type RowContext = {readonly now: number; readonly full: boolean};

const rowsOf = (image: Image, {now, full}: RowContext): readonly Row[] => {
	const digestOf = (repository: string) => image.digests.find(digest => familiarName(digest).startsWith(`${repository}@`))?.split('@', 2)[1] ?? none;
	const names = image.tags.length > 0
		? image.tags.map(tag => splitTag(familiarName(tag)))
		: [{repository: image.digests[0] ? familiarName(image.digests[0]).split('@', 1)[0]! : none, tag: none}];
	return names.map(({repository, tag}) => ({
		Repository: repository,
		Tag: tag,
		ID: full ? image.id : shortId(image.id),
		CreatedAt: tableTime(image.createdAt),
		CreatedSince: timeAgo(image.createdAt, now),
		Size: decimalSize(image.sizeBytes),
		Digest: digestOf(repository),
		Platform: `${image.os}/${image.architecture}`,
		...labelFields(image.configuration.labels),
	}));
};

const base = {Repository: 'REPOSITORY', Tag: 'TAG'};
const rest = {ID: 'IMAGE ID', CreatedSince: 'CREATED', Size: 'SIZE'};

export const command = defineCommand({
	usage: '[REPOSITORY[:TAG]]',
	flags: {
		all: {type: 'boolean', shortFlag: 'a', description: 'Show intermediate images, too'},
		digests: {type: 'boolean', description: 'Show digests'},
		filter: filterFlag,
		...listFlags,
	},
	async run(context, {all, digests, filter, format, quiet, noTrunc}, [reference]) {
		const given = parseFilters(filter);
		const filters = reference === undefined ? given : {...given, reference: [...given.reference ?? [], reference]};
		const engine = await context.engine();
		const images = await engine.images({all, filters});
		const rows = images.flatMap(image => rowsOf(image, {now: context.now(), full: noTrunc}));
		const shown = quiet ? new Map(rows.map(row => [row.ID, row])).values().toArray() : rows;
		await printRows(context, shown, {
			columns: {...base, ...(digests && {Digest: 'DIGEST'}), ...rest},
			moreHeadings: {CreatedAt: 'CREATED AT', Digest: 'DIGEST'},
			format,
			...(quiet && {quiet: 'ID'}),
		});
	},
});
