import type {Data, Setting, View} from '../work/controller.js';
import {activeMaps} from '../keys/active-maps.js';
import {tabsOf, wayOf} from '../frame/header.js';
import {continuationsOf} from '../keys/keys.js';
import {wrapWords} from '../../text/fit.js';
import {announcements, type Moment} from './announcements.js';
import {dialogReading} from './dialog-reading.js';
import {paneReading} from './pane-reading.js';
import type {Reading} from './reading.js';
import {plain} from './words.js';

export type Said = {
	/** Grows when the lines start over; no line then belongs to the previous chapter. */
	readonly chapter: number;
	readonly lines: readonly string[];
};

export type Speaker = {
	readonly said: () => Said;
	readonly subscribe: (listener: () => void) => () => void;
	/** Says the whole pane or dialog. */
	readonly sayAll: () => void;
	/** Call before a key is handled: says `No change` if the key causes no announcement. */
	readonly awaitAnswer: () => void;
	readonly stop: () => void;
};

/** Milliseconds after which a key counts as without effect. */
const answerDelay = 500;

// The terminal keeps printed lines; only this many are kept in memory.
const longestChapter = 500;

const overReading = (controller: View & Data & Setting): Reading | undefined => {
	const {dialog, prompt} = controller.getState();
	if (prompt) {
		return {key: `prompt ${prompt.title}`, heading: `Question: ${prompt.title}? Type the answer, Enter submits, Escape cancels`, opening: prompt.value === '' ? [] : [`Value: ${prompt.value}`], whole: () => [`Value: ${prompt.value}`]};
	}

	return dialog && dialogReading(dialog, controller);
};

/** The tabs, and the way to this place. */
const headerSentences = ({store, getState, listItems}: View & Data): readonly string[] => {
	const ui = getState();
	const tabs = tabsOf(store.getState(), ui.records).map(({number, title, count: items, failed}) => `${number} ${title}${items === undefined ? '' : `: ${items}`}${failed === 0 ? '' : `, ${failed} failed`}`);
	return [`Tabs: ${tabs.join('; ')}`, ...(ui.places.length === 0 ? [] : [`Way here: ${wayOf(ui, listItems()).map(({text}) => text).join(', ')}`])];
};

const momentOf = (controller: View & Data & Setting): Moment => {
	const {notice, jobs, pending, dialog} = controller.getState();
	const maps = dialog ? [controller.keyMaps.dialog] : activeMaps(controller);
	return {
		store: controller.store.getState(),
		isReadOnly: controller.isReadOnly,
		pane: paneReading(controller),
		over: overReading(controller),
		notice,
		jobs,
		...(pending && {pending: {keys: pending.keys, continuations: continuationsOf(pending.keys, maps)}}),
	};
};

/** Announces changes as lines, for screen readers that read a terminal line by line. */
export const createSpeaker = (controller: View & Data & Setting): Speaker => {
	let said: Said = {chapter: 0, lines: []};
	let before: Moment | undefined;
	let isDue = false;
	let answer: NodeJS.Timeout | undefined;
	const listeners = new Set<() => void>();

	const say = (texts: readonly string[]) => {
		// Terminals wrap inside words.
		const {columns} = controller.terminal.size();
		const lines = texts.map(text => plain(text)).filter(line => line !== '').flatMap(line => wrapWords(line, Math.max(20, columns - 1)));
		if (lines.length === 0) {
			return;
		}

		said = said.lines.length > longestChapter ? {chapter: said.chapter + 1, lines} : {...said, lines: [...said.lines, ...lines]};
		for (const listener of listeners) {
			listener();
		}
	};

	const look = () => {
		isDue = false;
		const now = momentOf(controller);
		const texts = announcements(before, now);
		before = now;
		say(texts);
	};

	// A key may change the state several times; only the result is announced.
	const onChange = () => {
		if (!isDue) {
			isDue = true;
			queueMicrotask(look);
		}
	};

	const ends = [controller.subscribe(onChange), controller.store.subscribe(onChange), controller.logs.subscribe(onChange)];
	onChange();
	return {
		said: () => said,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		sayAll() {
			const over = overReading(controller);
			const {heading, whole} = over ?? paneReading(controller);
			say([...(over ? [] : headerSentences(controller)), heading, ...whole()]);
		},
		awaitAnswer() {
			const already = said;
			clearTimeout(answer);
			answer = setTimeout(() => {
				const {prompt, dialog, jobs} = controller.getState();
				const isTyping = prompt !== undefined || dialog?.type === 'jump' || dialog?.type === 'form';
				if (said === already && !isTyping && jobs.length === 0) {
					say(['No change']);
				}
			}, answerDelay);
		},
		stop() {
			clearTimeout(answer);
			for (const end of ends) {
				end();
			}
		},
	};
};
