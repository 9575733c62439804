import type {BuildStep} from '../../engine/builder.js';
import {clean, fit} from '../../text/fit.js';
import {shortBytes, shortDuration} from '../../text/measures.js';
import type {Size} from '../frame/lines.js';
import type {Theme} from '../frame/theme.js';
import {count} from '../spoken/words.js';
import {isBuilding, stepsOf, type BuilderView} from './builder-row.js';

/** Minutes and seconds, or hours and minutes: `0:42`, `12:05`, `2h05`. */
export const elapsedText = (seconds: number): string => {
	const two = (value: number) => String(value).padStart(2, '0');
	const minutes = Math.floor(seconds / 60);
	return minutes < 60 ? `${minutes}:${two(Math.floor(seconds % 60))}` : `${Math.floor(minutes / 60)}h${two(minutes % 60)}`;
};

/** What is known of the steps of its builds, as a heading. */
export const stepsTitle = ({status, steps}: BuilderView): string => {
	if (!isBuilding(status)) {
		return 'No build runs';
	}

	return steps ? `Builds run ${count(stepsOf(steps).length, 'step')}` : 'Builds run; their steps are not known yet';
};

const label = 10;
const pidWidth = 8;

/** A step's first process begins at the left; the others are indented. */
const stepLine = ({pid, elapsedSeconds, command}: BuildStep, isFirst: boolean, width: number, theme: Theme): string =>
	theme.paint(isFirst ? 'text' : 'dim', fit(`${fit(elapsedText(elapsedSeconds), label - 2, {align: 'right'})}${fit(String(pid), pidWidth, {align: 'right'})}  ${isFirst ? '' : '  '}${clean(command)}`, width, {ellipsis: theme.glyphs.ellipsis}));

/** What the builds run now, and the builder's size and cache. */
export const builderLines = (view: BuilderView, {width}: Pick<Size, 'width'>, theme: Theme): readonly string[] => {
	const {status, steps = []} = view;
	const processes = isBuilding(status) ? steps : [];
	return [
		theme.paint('heading', fit(stepsTitle(view), width)),
		...processes.length === 0 ? [] : [theme.paint('dim', fit(`${'TIME'.padStart(label - 2)}${'PID'.padStart(pidWidth)}  COMMAND`, width))],
		...processes.map((process, index) => stepLine(process, process.step !== processes[index - 1]?.step, width, theme)),
		'',
		theme.paint('heading', fit('Builder', width)),
		fit(`${fit('cache', label)}${shortBytes(status.usedBytes)} of ${shortBytes(status.diskBytes)} on the host's disk`, width),
		fit(`${fit('clients', label)}${count(status.connections, 'connection')}`, width),
		fit(`${fit('stops', label)}${status.keepSeconds < 60 ? `${status.keepSeconds}s` : shortDuration(status.keepSeconds * 1000)} after the last build`, width),
		'',
	];
};
