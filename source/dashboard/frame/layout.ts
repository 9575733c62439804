export type PaneName = 'containers' | 'networks' | 'logs';

export type Area = {readonly width: number; readonly height: number};

export type Layout = {
	/** Rows of panes from top to bottom, each from left to right. */
	readonly rows: ReadonlyArray<ReadonlyArray<Area & {readonly name: PaneName}>>;
};

/** The smallest terminal that the dashboard supports. */
export const smallest = {columns: 30, rows: 6} as const;

// The usual terminal of 24 rows keeps its panes.
const lowest = 25;

/** Rows of the header: a low terminal has one. */
export const headerRows = (rows: number): number => rows < lowest ? 1 : 2;

/** Rows between header and footer. */
export const bodyRows = (rows: number): number => rows - headerRows(rows) - 1;

/** Columns of the narrowest terminal with the networks beside the containers. All columns of both fit: in a narrower one the networks are below, so that no column is lost where they move. */
export const wide = 300;
const besides = {least: 84, most: 100};
/** Rows of the lowest terminal, without header and footer, with the networks below the containers. */
const high = 26;
const networkRows = 5;
const twoPanes = 17;

/**
Arranges the panes between header and footer. A smaller terminal stacks the networks below the containers, then shows one of both with the logs, then only the focused pane.
*/
export const layoutOf = ({width, height}: Area, focus: PaneName, isZoomed: boolean): Layout => {
	const alone: Layout = {rows: [[{name: focus, width, height}]]};
	if (isZoomed || height < twoPanes - 2) {
		return alone;
	}

	const top = Math.max(6, Math.floor(height * 0.45));
	if (width >= wide) {
		const networks = Math.min(besides.most, besides.least + Math.floor((width - wide) / 3));
		return {
			rows: [
				[{name: 'containers', width: width - networks, height: top}, {name: 'networks', width: networks, height: top}],
				[{name: 'logs', width, height: height - top}],
			],
		};
	}

	if (height >= high) {
		const networks = Math.max(networkRows, Math.floor(height * 0.2));
		return {
			rows: [
				[{name: 'containers', width, height: top}],
				[{name: 'networks', width, height: networks}],
				[{name: 'logs', width, height: height - networks - top}],
			],
		};
	}

	return {
		rows: [
			[{name: focus === 'networks' ? 'networks' : 'containers', width, height: top}],
			[{name: 'logs', width, height: height - top}],
		],
	};
};

/** Visible rows of the list with the keys, in a terminal of this size: those of its pane, or of the whole view. */
export const listRows = (
	{columns, rows}: {readonly columns: number; readonly rows: number},
	pane: PaneName | undefined,
	isZoomed: boolean,
): number => {
	const height = bodyRows(rows);
	const area = pane && layoutOf({width: columns, height}, pane, isZoomed).rows.flat().find(({name}) => name === pane);
	// Two borders and the headings.
	return Math.max(1, (area?.height ?? height) - 3);
};
