import {widthOf} from '../../text/width.js';
import {disabledReason} from '../keys/input.js';
import {activeMaps} from '../keys/active-maps.js';
import type {Data, Setting, View} from '../work/controller.js';
import {continuationsOf, describeKey} from '../keys/keys.js';
import {demoHost} from '../state/known-engines.js';
import {shortBytes} from '../../text/measures.js';
import {count} from '../spoken/words.js';
import type {StoreState} from '../state/store.js';
import {clean, cut, fit} from '../../text/fit.js';
import type {UiState} from '../state/ui-state.js';
import type {Role, Theme} from './theme.js';

type Segment = readonly [role: Role, text: string];

/** Segments side by side, cut at `width`. */
const joinSegments = (segments: readonly Segment[], width: number, theme: Theme): string => {
	let line = '';
	let left = width;
	for (const [role, text] of segments) {
		const piece = cut(text, left);
		line += theme.paint(role, piece);
		left -= widthOf(piece);
		if (left <= 0) {
			break;
		}
	}

	return line;
};

const timeOf = (time: number): string => new Date(time).toISOString().slice(11, 19);

const connectionSegment = ({connection}: StoreState): Segment => {
	switch (connection.state) {
		case 'connecting': {
			return ['warning', ` connecting… ${clean(connection.step ?? '')} `];
		}

		case 'connected': {
			return ['good', ' connected '];
		}

		case 'lost': {
			return ['bad', ` LOST since ${timeOf(connection.since)} UTC, reconnecting: ${clean(connection.reason)}${connection.remedy === undefined ? '' : ` (${clean(connection.remedy)})`} `];
		}
	}
};

/** The header: engine, connection, counts. */
export const headerLine = (state: StoreState, {isReadOnly}: {readonly isReadOnly: boolean}, width: number, theme: Theme): string => {
	const {info, snapshot, target} = state;
	const name: Segment = ['text', target ? (target.host === demoHost ? '(demo, simulated) ' : ` ${clean(target.title)} `) : ''];
	const running = snapshot?.containers.filter(({status}) => status.state === 'running').length ?? 0;
	const counts = snapshot ? `${running}/${snapshot.containers.length} running  ${count(snapshot.networks.length, 'network')}  ${count(snapshot.images.length, 'image')} ` : '';
	return joinSegments([
		['title', ' holm '],
		...(state.connection.state === 'lost' ? [] : [name]),
		['warning', isReadOnly ? '[read-only] ' : ''],
		connectionSegment(state),
		// On a lost connection, reason and remedy come before the name.
		...(state.connection.state === 'lost' ? [name] : []),
		['text', ` ${counts}`],
		['dim', info ? ` ${clean(info.name)}  ${info.accelerator === 'tcg' ? 'tcg (emulated)' : clean(info.accelerator ?? info.operatingSystem)}  ${info.cpus} CPU ${shortBytes(info.memoryBytes)}` : ''],
	], width, theme);
};

/** The footer: a pending key sequence, the running job, a notice, or the available keys. */
export const footerLine = (controller: View & Data & Setting, {jobs, notice, dialog, pending}: UiState, width: number): string => {
	const {theme} = controller;
	const isAscii = theme.borders.vertical === '|';
	if (pending) {
		const continuations = continuationsOf(pending.keys, dialog ? [controller.keyMaps.dialog] : activeMaps(controller));
		return joinSegments([
			['key', ` ${describeKey(pending.keys, isAscii)} `],
			['dim', 'then '],
			...continuations.flatMap(({rest, binding: {title, short}}): Segment[] => [['key', ` ${describeKey(rest, isAscii)}`], ['dim', ` ${short ?? title} `]]),
			['key', ' Esc'],
			['dim', ' cancels'],
		], width, theme);
	}

	const job = jobs.at(-1);
	if (job) {
		return joinSegments([['accent', ` ${clean(job.title)}… ${clean(job.progress)} `], ['dim', jobs.length > 1 ? `and ${jobs.length - 1} more ` : ''], ['key', 'Ctrl-X'], ['text', ' cancels']], width, theme);
	}

	if (notice !== '') {
		return theme.paint('accent', fit(` ${notice}`, width, {ellipsis: theme.glyphs.ellipsis}));
	}

	if (dialog) {
		return '';
	}

	const seen = new Set<string>();
	const bindings = activeMaps(controller).flat().filter(binding => {
		const isFirst = binding.keys[0] !== undefined && !seen.has(binding.keys[0]);
		for (const key of binding.keys) {
			seen.add(key);
		}

		return isFirst && binding.short !== undefined && disabledReason(controller, binding) === undefined && (binding.action !== 'global.cancel' || job);
	});
	// Help comes first, so that it is visible in a narrow terminal.
	const help = bindings.findIndex(({action}) => action === 'global.help');
	const ordered = help > 0 ? [bindings[help]!, ...bindings.toSpliced(help, 1)] : bindings;
	return joinSegments(ordered.flatMap(({keys, short}): Segment[] => [['key', ` ${describeKey(keys[0]!, isAscii)}`], ['dim', ` ${short!} `]]), width, theme);
};
