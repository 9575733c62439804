import {widthOf} from '../../text/width.js';
import {cut, fit} from '../../text/fit.js';
import type {Role, Theme} from './theme.js';

export type Segment = readonly [role: Role, text: string];

/** A part of a bar. One that does not fit is left out with all after it, unless it is prose, which is cut. */
export type Item<Target = never> = {
	readonly segments: readonly Segment[];
	readonly isProse?: true;
	/** What a click on it leads to. */
	readonly target?: Target;
};

/** Columns of a bar that a click on leads somewhere. */
export type Spot<Target> = {readonly from: number; readonly to: number; readonly target: Target};

export type Bar<Target> = {readonly line: string; readonly spots: ReadonlyArray<Spot<Target>>};

export const item = (...segments: readonly Segment[]): Item => ({segments});

export const prose = (...segment: Segment): Item => ({segments: [segment], isProse: true});

export const widthOfItems = (items: ReadonlyArray<Item<unknown>>): number =>
	items.reduce((sum, {segments}) => sum + widthOf(segments.map(([, text]) => text).join('')), 0);

/** Paints items in at most `width` columns. */
export const barOf = <Target>(items: ReadonlyArray<Item<Target>>, width: number, theme: Theme): Bar<Target> => {
	let line = '';
	let left = width;
	const spots: Array<Spot<Target>> = [];
	for (const {segments, isProse, target} of items) {
		// The space at its end may be cut.
		const isWhole = widthOf(segments.map(([, text]) => text).join('').trimEnd()) <= left;
		if (!isWhole && !isProse) {
			break;
		}

		const from = width - left;
		for (const [role, text] of segments) {
			const piece = isWhole ? cut(text, left) : fit(text, left, {ellipsis: theme.glyphs.ellipsis});
			line += theme.paint(role, piece);
			left -= widthOf(piece);
		}

		if (target !== undefined) {
			spots.push({from, to: width - left, target});
		}

		if (left <= 0) {
			break;
		}
	}

	return {line, spots};
};

export const joinItems = (items: readonly Item[], width: number, theme: Theme): string => barOf(items, width, theme).line;
