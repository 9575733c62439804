import type {Data, View} from '../work/controller.js';
import type {LogLine} from '../logs/log-buffer.js';
import {sinceChoices} from '../logs/logs-state.js';
import type {Reading} from './reading.js';
import {count, sentence} from './words.js';

// Lines read out when the pane opens.
const openingLines = 10;
const wholeLines = 40;

/** The followed logs: the last lines when the pane opens, then the line under the cursor. New lines are read out on request only. */
export const logsReading = (controller: View & Data): Reading => {
	const {logs: {buffer, targets}, logIndex} = controller;
	const {logs: state} = controller.getState();
	logIndex.update(state);
	const names = targets().map(({name}) => name);
	const isBootLog = targets().some(target => target.isBoot);
	const {position, filter, search, hasTimestamps, since} = state;
	const lineText = ({source, stream, timestamp, text, cutBytes}: LogLine) =>
		[names.length > 1 ? `${names[source] ?? ''}: ` : '', hasTimestamps ? `${timestamp.slice(11, 19)}: ` : '', stream === 'stderr' ? 'stderr: ' : '', text, cutBytes ? `, and ${count(cutBytes, 'byte')} more` : ''].join('');
	const lastLines = (number: number) => {
		const all = logIndex.count();
		const end = position.type === 'paused' ? Math.min(all, logIndex.indexOf(position.cursor) + 1) : all;
		return Array.from({length: Math.min(number, end)}, (_, index) => logIndex.at(end - Math.min(number, end) + index)!)
			.flatMap(sequence => buffer.get(sequence) ?? []).map(line => lineText(line));
	};

	const current = position.type === 'paused' ? buffer.get(position.cursor) : undefined;
	return {
		// The first lines arrive after the pane opened.
		key: `logs ${targets().map(({id, isBoot}) => `${id} ${isBoot}`).join(' ')} ${logIndex.count() > 0}`,
		heading: sentence(
			names.length === 0 ? 'Logs, no container selected' : `${isBootLog ? 'Boot log' : 'Logs'} of ${names.join(' and ')}`,
			filter && `only lines ${filter.isInverted ? 'without' : 'with'} ${filter.source}`,
			search && `search ${search.source}`,
			hasTimestamps && 'with times',
			since > 0 && !isBootLog && `since ${sinceChoices[since]!.title}`,
			position.type === 'following' ? 'following' : 'paused',
			logIndex.count() === 0 && 'no lines',
		),
		opening: lastLines(openingLines),
		...(current && position.type === 'paused' && {cursor: {id: String(position.cursor), text: lineText(current), isInOpening: true}}),
		whole: () => lastLines(wholeLines),
	};
};
