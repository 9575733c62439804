import type {Data, Setting, View} from '../work/controller.js';
import {availableMaps, placeOf} from '../keys/active-maps.js';
import type {Size} from '../frame/lines.js';
import {dialogReading} from '../spoken/dialog-reading.js';
import {cut, wrapWords} from '../../text/fit.js';
import type {Dialog} from '../state/ui-state.js';
import {helpLines, planLines} from './dialog-lines.js';

/** Size of a dialog over a screen of this size without the footer. */
export const dialogSize = ({width, height}: Size): Size => ({
	width: Math.min(width, Math.max(40, Math.min(92, width - 8))),
	height: Math.max(5, height - 2),
});

/** Lines of a report for a dialog. Indented lines are cut, others wrapped. */
export const reportLines = (lines: readonly string[], width: number): readonly string[] => lines.flatMap(line => line.startsWith('  ') ? [cut(line, width)] : wrapWords(line, width));

/** Largest `top` of a dialog, so that scrolling stops at its last line. */
export const lastTop = (controller: View & Data & Setting, dialog: Dialog): number => {
	if (controller.isSpoken) {
		return Math.max(0, dialogReading(dialog, controller).opening.length - 1);
	}

	const {columns, rows} = controller.terminal.size();
	const {width, height} = dialogSize({width: columns, height: rows - 1});
	const inside = width - 4;
	switch (dialog.type) {
		case 'confirm': {
			return Math.max(0, planLines(dialog.plan, inside, controller.theme, dialog.changes).length - (height - 4));
		}

		case 'help': {
			const lines = helpLines(availableMaps(controller), placeOf(controller.getState()), inside, controller.theme);
			return Math.max(0, lines.length - (height - 2));
		}

		case 'report': {
			return Math.max(0, reportLines(dialog.lines, inside).length - (height - 2));
		}

		case 'failures':
		case 'choose':
		case 'jump':
		case 'form': {
			return 0;
		}
	}
};
