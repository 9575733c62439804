import {once} from 'node:events';
import {createWriteStream} from 'node:fs';
import path from 'node:path';
import {finished} from 'node:stream/promises';
import type {Actions} from '../work/actions.js';
import type {Controller, Data, Setting, View, Work} from '../work/controller.js';
import {clean} from '../../text/fit.js';
import {count} from '../spoken/words.js';
import {bootLogOf} from './follow.js';
import {rowsOfLine, logArea} from './log-rows.js';
import {reduceLogs, sinceChoices, type LogsAction, type LogsContext} from './logs-state.js';

/** Updates the index and returns the context of the reducer. */
export const logsContext = (controller: View & Data & Setting): LogsContext => {
	const {logs: {buffer, targets}, logIndex, terminal} = controller;
	const state = controller.getState();
	logIndex.update(state.logs);
	const {width, height} = logArea(terminal.size(), state);
	return {
		index: logIndex,
		next: buffer.next(),
		height,
		rowsOf: sequence => rowsOfLine(buffer.get(sequence), state.logs, width, targets().length),
	};
};

export const changeLogs = (controller: View & Data & Setting, action: LogsAction) => {
	const {logs} = controller.getState();
	controller.set({logs: reduceLogs(logs, action, logsContext(controller))});
};

const logsAction = (action: LogsAction) => (controller: View & Data & Setting) => {
	changeLogs(controller, action);
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

/** Saves the whole log unchanged, colours included. Fails if the file exists. */
const saveTo = async (controller: View & Work & Data, file: string) => controller.work(`Saving ${file}`, async (engine, {signal, report}) => {
	const stream = createWriteStream(file, {flags: 'wx', mode: 0o600});
	// The stream may fail while the log is still being read.
	const written = finished(stream);
	written.catch(() => undefined);
	let bytes = 0;
	try {
		for (const {id, isBoot} of controller.logs.targets()) {
			for await (const entry of isBoot ? bootLogOf(engine)(id, {signal}) : engine.logs(id, {stdout: true, stderr: true, signal})) {
				bytes += entry.bytes.length;
				if (stream.write(entry.bytes)) {
					continue;
				}

				await once(stream, 'drain', {signal});
				report(`${bytes} bytes`);
			}
		}
	} finally {
		stream.end();
	}

	await written;
	controller.notify(`Saved ${bytes} bytes to ${file}`);
});

const save = (controller: Controller) => {
	const names = controller.logs.targets().map(({name}) => name.replaceAll(/[^\w\-.]/gv, '_'));
	if (names.length === 0) {
		controller.notify('No logs to save');
		return;
	}

	controller.ask({
		title: 'Save to',
		value: `${names[0]!}${names.length > 1 ? `-and-${names.length - 1}-more` : ''}${controller.getState().isBootLog ? '.boot' : ''}.log`,
		submit(file) {
			if (file !== '') {
				void saveTo(controller, path.resolve(controller.workingDirectory, file));
			}
		},
	});
};

export const logsActions: Actions = {
	'logs.up': logsAction({type: 'move', by: -1}),
	'logs.down': logsAction({type: 'move', by: 1}),
	'logs.pageUp': logsAction({type: 'page', by: -1}),
	'logs.pageDown': logsAction({type: 'page', by: 1}),
	'logs.left': logsAction({type: 'scrollColumns', by: -8}),
	'logs.right': logsAction({type: 'scrollColumns', by: 8}),
	'logs.first': logsAction({type: 'first'}),
	'logs.follow': logsAction({type: 'follow'}),
	'logs.togglePause': logsAction({type: 'togglePause'}),
	'logs.search': search,
	'logs.nextMatch': logsAction({type: 'nextMatch'}),
	'logs.previousMatch': logsAction({type: 'previousMatch'}),
	'logs.filter': filter,
	'logs.toContext': logsAction({type: 'toContext'}),
	'logs.wrap': logsAction({type: 'wrap'}),
	'logs.timestamps': logsAction({type: 'timestamps'}),
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
	'logs.copy'(controller) {
		const {position} = controller.getState().logs;
		const {buffer} = controller.logs;
		const line = buffer.get(position.type === 'paused' ? position.cursor : buffer.next() - 1);
		if (line) {
			controller.terminal.copy(line.text);
			controller.notify(`Copied: ${clean(line.text)}`);
		}
	},
};
