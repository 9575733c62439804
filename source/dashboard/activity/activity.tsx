import {Box} from 'ink';
import {emptyLines, Lines, type Size} from '../frame/lines.js';
import {useTheme} from '../frame/context.js';
import {Panel} from '../frame/panel.js';
import type {Role} from '../frame/theme.js';
import {windowStart} from '../state/list-state.js';
import type {UiState} from '../state/ui-state.js';
import {fit, wrapWords} from '../../text/fit.js';
import {
	activityCursor,
	activityDetails,
	activityHints,
	activityResult,
	activityRows,
	activityState,
	activityTitle,
	type ActivityRow,
} from './activity-rows.js';

const roleOf = (row: ActivityRow): Role => {
	const roles: Readonly<Record<string, Role>> = {
		running: 'accent', cancelling: 'warning', done: 'text', failed: 'bad', cancelled: 'dim', undone: 'dim',
	};
	return roles[activityState(row)] ?? 'text';
};

const pad = (number: number) => String(number).padStart(2, '0');

const timeOf = (time: number): string => {
	const date = new Date(time);
	return [date.getHours(), date.getMinutes(), date.getSeconds()].map(part => pad(part)).join(':');
};

/** Running jobs and what was done from here, with the details of the selected one below. */
export const ActivityView = ({ui, width, height}: Size & {readonly ui: UiState}) => {
	const theme = useTheme();
	const {ellipsis} = theme.glyphs;
	const rows = activityRows(ui);
	const cursor = activityCursor(rows, ui.activity);
	const selected = rows[cursor];
	const running = ui.jobs.length;
	const detailWidth = width - 4;
	const details = selected ? activityDetails(selected, theme.glyphs).flatMap(line => wrapWords(line, Math.max(1, detailWidth))) : [];
	// The list keeps half of the screen.
	const below = Math.max(3, Math.min(details.length + 2, Math.floor(height / 2)));
	const visible = height - below - 2;
	const start = windowStart(cursor, visible, rows.length);
	const inside = Math.max(1, width - 3);
	const titleWidth = Math.floor((inside - 22) * 0.55);
	const lines = rows.slice(start, start + visible).map((row, index) => {
		const startedAt = row.type === 'job' ? row.job.startedAt : row.entry.startedAt;
		const text = [
			` ${timeOf(startedAt)} `,
			fit(activityState(row), 11, {ellipsis}),
			fit(activityTitle(row), titleWidth, {ellipsis}),
			'  ',
			activityResult(row),
		].join('');
		return theme.paint(start + index === cursor ? 'selected' : roleOf(row), fit(text, inside, {ellipsis}));
	});
	return (
		<Box flexDirection='column' width={width} height={height}>
			<Panel isFocused title={`Activity ${rows.length}`} note={running === 0 ? '' : `${running} running`} width={width} height={visible + 2}>
				<Lines
					lines={rows.length === 0 ? emptyLines('Nothing was done from here yet', {width: width - 2, height: visible}, theme) : lines}
					width={width - 2}
					height={visible}
				/>
			</Panel>
			<Panel isFocused={false} title='Details' note={selected ? activityHints(selected).join(', ') : ''} width={width} height={below}>
				<Lines lines={details.slice(0, below - 2).map(line => ` ${line}`)} width={width - 2} height={below - 2}/>
			</Panel>
		</Box>
	);
};
