import {disabledReason} from '../keys/input.js';
import {activeMaps} from '../keys/active-maps.js';
import type {Data, Setting, View} from '../work/controller.js';
import {continuationsOf, describeKey} from '../keys/keys.js';
import {clean, fit} from '../../text/fit.js';
import type {UiState} from '../state/ui-state.js';
import {item, joinItems, prose} from './bar-items.js';

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
	// These come first, so that a narrow terminal drops them last.
	const first = ['global.help', 'global.jump'];
	const rank = ({action}: {readonly action: string}) => first.includes(action) ? first.indexOf(action) : first.length;
	const ordered = bindings.toSorted((one, other) => rank(one) - rank(other));
	return joinItems(ordered.map(({keys, short}) => item(['key', ` ${describeKey(keys[0]!, isAscii)}`], ['dim', ` ${short!} `])), width, theme);
};
