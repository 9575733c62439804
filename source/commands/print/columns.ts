import {widthOf} from '../../text/width.js';

const gap = 3;

/** Rows in columns as wide as their widest cell, as Docker lays out its tables. The last column is not padded. */
export const layOutColumns = (rows: ReadonlyArray<readonly string[]>): string => {
	const widths: number[] = [];
	for (const row of rows) {
		for (const [column, cell] of row.entries()) {
			widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
		}
	}

	return rows
		.map(row => row
			.map((cell, column) => column === row.length - 1 ? cell : cell + ' '.repeat(widths[column]! - widthOf(cell) + gap))
			.join('')
			.trimEnd())
		.map(line => `${line}\n`)
		.join('');
};
