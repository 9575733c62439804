import {isBuilding} from '../builder/builder-row.js';
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

/** A part of a bar. One that does not fit is left out with all after it, unless it is prose, which is cut. */
type Item = {readonly segments: readonly Segment[]; readonly isProse?: true};

const item = (...segments: readonly Segment[]): Item => ({segments});

const prose = (...segment: Segment): Item => ({segments: [segment], isProse: true});

const joinItems = (items: readonly Item[], width: number, theme: Theme): string => {
	let line = '';
	let left = width;
	for (const {segments, isProse} of items) {
		// The space at its end may be cut.
		const isWhole = widthOf(segments.map(([, text]) => text).join('').trimEnd()) <= left;
		if (!isWhole && !isProse) {
			break;
		}

		for (const [role, text] of segments) {
			const piece = isWhole ? cut(text, left) : fit(text, left, {ellipsis: theme.glyphs.ellipsis});
			line += theme.paint(role, piece);
			left -= widthOf(piece);
		}

		if (left <= 0) {
			break;
		}
	}

	return line;
};

const timeOf = (time: number): string => new Date(time).toISOString().slice(11, 19);

/** Of an engine over SSH. */
const roundTripOf = ({roundTripMs}: StoreState): string => roundTripMs === undefined ? '' : ` ${Math.max(Math.round(roundTripMs), 1)} ms away`;

const connectionItem = (state: StoreState): Item => {
	const {connection} = state;
	switch (connection.state) {
		case 'connecting': {
			return prose('warning', ` connecting… ${clean(connection.step ?? '')}`);
		}

		case 'connected': {
			return item(['good', ' connected'], ['dim', roundTripOf(state)]);
		}

		case 'lost': {
			return prose('bad', ` LOST since ${timeOf(connection.since)} UTC, reconnecting: ${clean(connection.reason)}${connection.remedy === undefined ? '' : ` (${clean(connection.remedy)})`}`);
		}
	}
};

/** The header: engine, connection, counts. */
export const headerLine = (state: StoreState, {isReadOnly}: {readonly isReadOnly: boolean}, width: number, theme: Theme): string => {
	const {info, snapshot, target} = state;
	const name = prose('text', target ? (target.host === demoHost ? '(demo, simulated) ' : ` ${clean(target.title)} `) : '');
	const running = snapshot?.containers.filter(({status}) => status.state === 'running').length ?? 0;
	const counts = snapshot ? [`  ${running}/${snapshot.containers.length} running`, `  ${count(snapshot.networks.length, 'network')}`, `  ${count(snapshot.images.length, 'image')}`] : [];
	const host = info ? [`  ${clean(info.name)}`, `  ${info.accelerator === 'tcg' ? 'tcg (emulated)' : clean(info.accelerator ?? info.operatingSystem)}`, `  ${info.cpus} CPU ${shortBytes(info.memoryBytes)}`] : [];
	return joinItems([
		item(['title', ' holm ']),
		...(state.connection.state === 'lost' ? [] : [name]),
		item(['warning', isReadOnly ? '[read-only] ' : '']),
		connectionItem(state),
		// On a lost connection, reason and remedy come before the name.
		...(state.connection.state === 'lost' ? [name] : []),
		...counts.map(text => item(['text', text])),
		item(['accent', snapshot?.builder && isBuilding(snapshot.builder.status) ? '  building' : '']),
		...host.map(text => item(['dim', text])),
	], width, theme);
};

/** The footer: a pending key sequence, the running job, a notice, or the available keys. */
export const footerLine = (controller: View & Data & Setting, {jobs, notice, dialog, pending}: UiState, width: number): string => {
	const {theme} = controller;
	const isAscii = theme.borders.vertical === '|';
	if (pending) {
		const continuations = continuationsOf(pending.keys, dialog ? [controller.keyMaps.dialog] : activeMaps(controller));
		return joinItems([
			item(['key', ` ${describeKey(pending.keys, isAscii)} `], ['dim', 'then ']),
			...continuations.map(({rest, binding: {title, short, follow}}) => item(['key', ` ${describeKey(rest, isAscii)}`], ['dim', ` ${follow ?? short ?? title} `])),
			item(['key', ' Esc'], ['dim', ' cancels']),
		], width, theme);
	}

	// Until the next key, also while a job runs.
	if (notice !== '') {
		return theme.paint('accent', fit(` ${notice}`, width, {ellipsis: theme.glyphs.ellipsis}));
	}

	const job = jobs.at(-1);
	if (job) {
		return joinItems([
			prose('accent', ` ${clean(job.title)}… ${clean(job.progress)} `),
			item(['dim', jobs.length > 1 ? `and ${jobs.length - 1} more ` : '']),
			item(['key', 'Ctrl-X'], ['text', ' cancels']),
		], width, theme);
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
	return joinItems(ordered.map(({keys, short}) => item(['key', ` ${describeKey(keys[0]!, isAscii)}`], ['dim', ` ${short!} `])), width, theme);
};
