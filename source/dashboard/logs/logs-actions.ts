import path from 'node:path';
import type {Actions} from '../work/actions.js';
import type {Controller, Data, Setting, View, Work} from '../work/controller.js';
import {clean} from '../../text/fit.js';
import {shortBytes} from '../../text/measures.js';
import {count} from '../spoken/words.js';
import {copiedText, copyOf} from './copy.js';
import {immediate} from './follow.js';
import type {LogLine} from './log-buffer.js';
import {rowsOfLine, logArea, textRoom, widthOfLine} from './log-rows.js';
import {cursorIndexOf, isSelecting, rangeOf, reduceLogs, sinceChoices, type LogsAction, type LogsContext} from './logs-state.js';
import {entryAt, freeName, saveLines} from './save.js';

/** Updates the index and returns the context of the reducer. */
export const logsContext = (controller: View & Data & Setting): LogsContext => {
	const {logs: {buffer, targets}, logIndex, terminal} = controller;
	const state = controller.getState();
	logIndex.update(state.logs);
	const {width, height} = logArea(terminal.size(), state);
	const sheet = {state: state.logs, width, sources: targets().length, now: controller.now()};
	return {
		index: logIndex,
		next: buffer.next(),
		height,
		room: textRoom(sheet),
		rowsOf: sequence => rowsOfLine(buffer.get(sequence), sheet),
		widthOfLine: sequence => widthOfLine(buffer.get(sequence), sheet),
	};
};

export const changeLogs = (controller: View & Data & Setting, action: LogsAction) => {
	const {logs} = controller.getState();
	controller.set({logs: reduceLogs(logs, action, logsContext(controller))});
};

const logsAction = (action: LogsAction) => (controller: View & Data & Setting) => {
	changeLogs(controller, action);
};

/** Scrolls to the side; wrapped lines have nothing there. */
const sideways = (action: LogsAction) => (controller: View & Data & Setting) => {
	if (controller.getState().logs.isWrapped) {
		controller.notify('Long lines are wrapped; w cuts them at the border');
	} else {
		changeLogs(controller, action);
	}
};

const search = (controller: View & Data & Setting) => {
	const before = controller.getState().logs;
	controller.ask({
		title: 'Search',
		value: '',
		change(text) {
			controller.set({logs: reduceLogs(before, {type: 'search', text}, logsContext(controller))});
		},
		submit(text) {
			changeLogs(controller, {type: 'search', text});
			changeLogs(controller, {type: 'previousMatch'});
			if (controller.getState().logs.search?.isLiteral) {
				controller.notify('Not a regular expression; searching for the text itself');
			}
		},
		cancel() {
			controller.set({logs: before});
		},
	});
};

const filter = (controller: View & Data & Setting) => {
	const before = controller.getState().logs;
	controller.ask({
		title: 'Filter lines (! inverts)',
		value: before.filter ? `${before.filter.isInverted ? '!' : ''}${before.filter.source}` : '',
		change(text) {
			changeLogs(controller, {type: 'filter', text});
		},
		submit(text) {
			changeLogs(controller, {type: 'filter', text});
		},
		cancel() {
			controller.set({logs: before});
		},
	});
};

const older = async (controller: View & Work & Data) => controller.work('Reading older lines', async engine => {
	const number = await controller.logs.loadOlder(engine);
	controller.notify(number === 0 ? 'No older lines' : count(number, 'older line'));
});

const sequencesOf = ({logIndex}: Data, from: number, to: number): readonly number[] =>
	Array.from({length: Math.max(0, to - from + 1)}, (_, index) => logIndex.at(from + index)!);

/** The selected lines, or all that are shown. */
const linesToSave = (controller: View & Data & Setting): readonly LogLine[] => {
	const {position} = controller.getState().logs;
	const {buffer} = controller.logs;
	const {index} = logsContext(controller);
	const {from, to} = isSelecting(position) ? rangeOf(position, {index}) : {from: 0, to: index.count() - 1};
	return sequencesOf(controller, from, to).flatMap(sequence => buffer.get(sequence) ?? []);
};

const saveTo = async (controller: Controller, file: string, isOverwriting: boolean) => controller.work(`Saving ${file}`, async (_, {signal}) => {
	const lines = linesToSave(controller);
	const {buffer, targets} = controller.logs;
	const names = targets().map(({name}) => clean(name));
	const {form, position} = controller.getState().logs;
	const missing = isSelecting(position) ? 0 : buffer.dropped() + buffer.skipped();
	const hasTimes = !targets().some(({isBoot}) => isBoot);
	await saveLines(file, lines, {names, hasTimes, form, now: controller.now(), isOverwriting, signal});
	controller.notify(`Saved ${count(lines.length, 'line')} to ${clean(file)}${missing > 0 ? `; ${missing} more are not in memory, see holm logs` : ''}`);
});

/** Saves to a new file, or asks what to do about the one that is there. */
const saveOrAsk = (controller: Controller, file: string) => {
	const there = entryAt(file);
	if (!there) {
		void saveTo(controller, file, false);
		return;
	}

	const free = freeName(file);
	controller.open({
		type: 'choose',
		title: `${file} exists`,
		choices: [
			{id: 'other', label: `Save to ${path.basename(free)}`},
			...(there.isFile() ? [{id: 'overwrite', label: `Overwrite ${path.basename(file)} (${shortBytes(there.size)}B)`}] : []),
			{id: 'cancel', label: 'Cancel'},
		],
		index: 0,
		take(id) {
			if (id !== 'cancel') {
				void saveTo(controller, id === 'other' ? free : file, id === 'overwrite');
			}
		},
	});
};

const save = (controller: Controller) => {
	const names = controller.logs.targets().map(({name}) => name.replaceAll(/[^\w\-.]/gv, '_'));
	const {length} = linesToSave(controller);
	if (length === 0) {
		controller.notify('No lines to save');
		return;
	}

	const name = `${names[0]!}${names.length > 1 ? `-and-${names.length - 1}-more` : ''}${controller.getState().isBootLog ? '.boot' : ''}.log`;
	controller.ask({
		title: `Save ${count(length, 'line')} to`,
		value: path.basename(freeName(path.join(controller.workingDirectory, name))),
		submit(file) {
			if (file !== '') {
				saveOrAsk(controller, path.resolve(controller.workingDirectory, file));
			}
		},
	});
};

const copy = (controller: View & Data & Setting) => {
	const {buffer} = controller.logs;
	const context = logsContext(controller);
	const {from, to} = rangeOf(controller.getState().logs.position, context);
	const texts = sequencesOf(controller, from, to).map(sequence => buffer.get(sequence)?.text ?? '');
	if (texts.length === 0) {
		controller.notify('No line to copy');
		return;
	}

	const copied = copyOf(texts);
	controller.terminal.copy(copied.text);
	if (texts.length > 1) {
		changeLogs(controller, {type: 'select'});
	}

	controller.notify(clean(copiedText(copied)));
};

// Lines looked at before other work gets its turn: some milliseconds.
const linesPerTurn = 5000;

/** The errors in memory; keys are handled while it looks for them. */
const errorsOf = async (controller: View & Data & Setting): Promise<readonly number[]> => {
	const {logIndex} = controller;
	logIndex.update(controller.getState().logs);
	while (!logIndex.hasAllErrors(linesPerTurn)) {
		await immediate();
		logIndex.update(controller.getState().logs);
	}

	return logIndex.errors();
};

/** Goes to the next or previous error; while following, to the last one. */
const toError = (direction: 1 | -1) => async (controller: View & Data & Setting) => {
	const errors = await errorsOf(controller);
	const {logs: {buffer}, logIndex: index} = controller;
	const {position} = controller.getState().logs;
	const cursor = position.type === 'paused' ? index.at(cursorIndexOf(position, {index})) ?? Infinity : Infinity;
	const found = direction === 1 && position.type === 'paused' ? errors.findIndex(sequence => sequence > cursor) : errors.findLastIndex(sequence => sequence < cursor);
	const missing = [
		...(buffer.dropped() > 0 ? [`${buffer.dropped()} dropped`] : []),
		...(buffer.skipped() > 0 ? [`${buffer.skipped()} skipped`] : []),
	].join(' and ');
	const note = missing === '' ? '' : `; ${missing} lines were not searched`;
	if (found === -1) {
		const where = errors.length === 0 ? `in ${count(index.count(), 'line')}` : `${direction === 1 ? 'after' : 'before'} this line, ${errors.length} in all`;
		controller.notify(`No error ${where}${note}`);
		return;
	}

	changeLogs(controller, {type: 'goTo', sequence: errors[found]!});
	controller.notify(`Error ${found + 1} of ${errors.length}${note}`);
};

export const logsActions: Actions = {
	'logs.up': logsAction({type: 'move', by: -1}),
	'logs.down': logsAction({type: 'move', by: 1}),
	'logs.pageUp': logsAction({type: 'page', by: -1}),
	'logs.pageDown': logsAction({type: 'page', by: 1}),
	'logs.left': sideways({type: 'scrollColumns', by: -1}),
	'logs.right': sideways({type: 'scrollColumns', by: 1}),
	'logs.lineStart': logsAction({type: 'lineStart'}),
	'logs.lineEnd': logsAction({type: 'lineEnd'}),
	'logs.first': logsAction({type: 'first'}),
	'logs.follow': logsAction({type: 'follow'}),
	'logs.togglePause': logsAction({type: 'togglePause'}),
	'logs.search': search,
	'logs.nextError': toError(1),
	'logs.previousError': toError(-1),
	'logs.nextMatch': logsAction({type: 'nextMatch'}),
	'logs.previousMatch': logsAction({type: 'previousMatch'}),
	'logs.filter': filter,
	'logs.toContext': logsAction({type: 'toContext'}),
	'logs.wrap': logsAction({type: 'wrap'}),
	'logs.form': logsAction({type: 'form'}),
	'logs.timestamps': logsAction({type: 'timestamps'}),
	'logs.select': logsAction({type: 'select'}),
	'logs.since'(controller) {
		changeLogs(controller, {type: 'since'});
		controller.notify(`Logs since: ${sinceChoices[controller.getState().logs.since]!.title}`);
	},
	'logs.boot'({getState, set}) {
		const {isBootLog, logs} = getState();
		set({isBootLog: !isBootLog, logs: {...logs, position: {type: 'following'}, column: 0}});
	},
	'logs.older': older,
	'logs.save': save,
	'logs.copy': copy,
};
