import type {Outcome} from './visit.js';

const marks = {passed: '✔', failed: '✘', skipped: '–'} as const;

/** The final table, as lines of text, with the number of each result. */
export const report = (outcomes: readonly Outcome[]): string => {
	const rows = outcomes.map(({host, what, describe, seconds, result, reason}, index) => ({
		cells: [
			host === outcomes[index - 1]?.host ? '' : host,
			`${marks[result]} ${what}`,
			result === 'skipped' ? '' : `${seconds.toFixed(1)} s`,
			// The reason may have several lines.
			reason === undefined ? describe : `${describe}: ${reason.replaceAll(/\s+/gv, ' ')}`,
		],
	}));
	const widths = [0, 1, 2].map(column => Math.max(0, ...rows.map(({cells}) => cells[column]!.length)));
	const lines = rows.map(({cells: [host = '', what = '', seconds = '', text = '']}) => `${host.padEnd(widths[0]!)}  ${what.padEnd(widths[1]!)}  ${seconds.padStart(widths[2]!)}  ${text}`);
	const counts = (['passed', 'failed', 'skipped'] as const).map(result => `${outcomes.filter(outcome => outcome.result === result).length} ${result}`);
	return [...lines, '', counts.join(', ')].join('\n');
};
