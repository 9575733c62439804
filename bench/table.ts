import type {Figure} from './figures.js';

/** A number with three significant digits. */
const format = (value: number): string => {
	if (value >= 1000) {
		return Math.round(value).toLocaleString('en');
	}

	return value === 0 ? '0' : value.toPrecision(3);
};

const rowOf = ({metric, unit, subject, median, minimum, maximum, rounds, ratio}: Figure, isFirst: boolean): readonly string[] => [
	isFirst ? `${metric} [${unit}]` : '',
	subject,
	format(median),
	`${format(minimum)} to ${format(maximum)}`,
	String(rounds),
	// The first one may be missing.
	Number.isFinite(ratio) ? `× ${ratio.toFixed(2)}` : '',
];

const heads = ['', '', 'median', 'from, to', 'rounds', 'of the first'];

/** Figures as lines of text, grouped by measurement. */
export const layOut = (figures: readonly Figure[]): string => {
	const groups = Map.groupBy(figures, ({title}) => title);
	const blocks = groups.entries().map(([title, ofTitle]) => ({
		title,
		rows: ofTitle.map((figure, index) => rowOf(figure, figure.metric !== ofTitle[index - 1]?.metric)),
	})).toArray();
	const all = [heads, ...blocks.flatMap(({rows}) => rows)];
	const widths = heads.map((_, column) => Math.max(...all.map(row => row[column]!.length)));
	// Text is left-aligned, numbers right-aligned.
	const line = (row: readonly string[]) => `  ${row.map((cell, column) => column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)).join('  ')}`.trimEnd();
	return [line(heads), ...blocks.flatMap(({title, rows}) => ['', title, ...rows.map(row => line(row))])].join('\n');
};
