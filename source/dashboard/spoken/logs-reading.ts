import type {Data, Setting, View} from '../work/controller.js';
import {clockText} from '../logs/clock.js';
import {shownTexts, type LogForm} from '../logs/forms.js';
import {levelOf, type Level} from '../logs/level.js';
import type {LogLine} from '../logs/log-buffer.js';
import {cursorIndexOf, isSelecting, rangeOf, sinceChoices} from '../logs/logs-state.js';
import type {Reading} from './reading.js';
import {count, sentence} from './words.js';

// Lines read out when the pane opens.
const openingLines = 10;
const wholeLines = 40;

/** Levels that are said; the others would be read before every line. */
const spokenLevels: Readonly<Partial<Record<Level, string>>> = {fatal: 'fatal error', error: 'error', warning: 'warning'};
const forms: Readonly<Record<LogForm, string>> = {raw: '', columns: 'in columns', pretty: 'as pretty JSON'};

/** The followed logs: the last lines when the pane opens, then the line under the cursor. New lines are read out on request only. */
export const logsReading = (controller: View & Data & Setting): Reading => {
	const {logs: {buffer, targets}, logIndex} = controller;
	const {logs: state} = controller.getState();
	logIndex.update(state);
	const names = targets().map(({name}) => name);
	const isBootLog = targets().some(target => target.isBoot);
	const {position, filter, search, times, form, isWrapped, since} = state;
	const clock = {isUtc: times === 'utc', now: controller.now()};
	const lineText = (line: LogLine) => {
		const level = levelOf(line.text);
		const texts = shownTexts(line, form, clock).map(({text}) => text.trim());
		return [
			...(names.length > 1 ? [names[line.source] ?? ''] : []),
			...(times === 'none' ? [] : [clockText(Date.parse(line.timestamp), clock).replace(/\.\d+$/v, '')]),
			...(level && spokenLevels[level] !== undefined ? [spokenLevels[level]] : (!level && line.stream === 'stderr' ? ['stderr'] : [])),
			texts.join(' '),
		].join(': ');
	};

	const lastLines = (number: number) => {
		const all = logIndex.count();
		const end = Math.min(all, cursorIndexOf(position, {index: logIndex}) + 1);
		return Array.from({length: Math.min(number, end)}, (_, index) => logIndex.at(end - Math.min(number, end) + index)!)
			.flatMap(sequence => buffer.get(sequence) ?? []).map(line => lineText(line));
	};

	const range = rangeOf(position, {index: logIndex});
	const cursor = logIndex.at(cursorIndexOf(position, {index: logIndex}));
	const current = position.type === 'paused' && cursor !== undefined ? buffer.get(cursor) : undefined;
	return {
		// The first lines arrive after the pane opened.
		key: `logs ${targets().map(({id, isBoot}) => `${id} ${isBoot}`).join(' ')} ${logIndex.count() > 0}`,
		heading: sentence(
			names.length === 0 ? 'Logs, no container selected' : `${isBootLog ? 'Boot log' : 'Logs'} of ${names.join(' and ')}`,
			filter && `only lines ${filter.isInverted ? 'without' : 'with'} ${filter.source}`,
			search && `search ${search.source}`,
			form !== 'raw' && forms[form],
			isWrapped && 'long lines wrapped',
			times !== 'none' && (times === 'utc' ? 'with times in UTC' : 'with local times'),
			since > 0 && !isBootLog && `since ${sinceChoices[since]!.title}`,
			position.type === 'following' ? 'following' : 'paused',
			isSelecting(position) && `${count(range.to - range.from + 1, 'line')} selected`,
			logIndex.count() === 0 && 'no lines',
		),
		opening: lastLines(openingLines),
		...(current && position.type === 'paused' && {cursor: {id: `${cursor} ${form} ${times}`, text: lineText(current), isInOpening: true}}),
		whole: () => lastLines(wholeLines),
	};
};
