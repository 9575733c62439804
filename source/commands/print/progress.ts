import type {Progress} from '../../engine/resources.js';
import type {Output} from '../../terminal/streams.js';
import {escapeControls, forOutput} from '../../text/escape.js';
import {decimalSize} from '../../text/sizes.js';
import {widthOf} from '../../text/width.js';

const amount = ({current, total}: Progress) => current === undefined ? '' : ` ${decimalSize(current)}${total ? `/${decimalSize(total)}` : ''}`;

const lineOf = (progress: Progress) => escapeControls(`${progress.id === undefined ? '' : `${progress.id}: `}${progress.status ?? ''}${amount(progress)}`);

const fit = (line: string, columns: number) => widthOf(line) <= columns ? line : `${line.slice(0, Math.max(1, columns - 1))}…`;

/**
Prints the progress of a pull, push or build; resolves with the last image id.

On a terminal, each layer has a line that is rewritten in place; elsewhere a line is printed at each change of status.
*/
export const printProgress = async (steps: AsyncIterable<Progress>, output: Output, {quiet = false} = {}): Promise<string | undefined> => {
	const isLive = output.isTTY === true && !quiet;
	const lines = new Map<string, string>();
	const statuses = new Map<string, string>();
	let imageId: string | undefined;

	const redraw = (id: string, line: string) => {
		const columns = output.columns ?? 80;
		const known = lines.keys().toArray();
		const up = lines.has(id) ? known.length - known.indexOf(id) : 0;
		lines.set(id, line);
		// Lines that have scrolled off the screen cannot be rewritten.
		if (up > 0 && up < (output.rows ?? 24)) {
			output.write(`\u{1B}[${up}A\r\u{1B}[2K${fit(line, columns)}\u{1B}[${up}B\r`);
		} else if (up === 0) {
			output.write(`${fit(line, columns)}\n`);
		}
	};

	for await (const step of steps) {
		imageId = step.imageId ?? imageId;
		if (quiet) {
			continue;
		}

		if (step.text !== undefined) {
			output.write(forOutput(output, step.text));
			lines.clear();
		}

		if (step.status === undefined) {
			continue;
		}

		if (isLive && step.id !== undefined) {
			redraw(step.id, lineOf(step));
		} else if (step.id === undefined || statuses.get(step.id) !== step.status) {
			statuses.set(step.id ?? '', step.status);
			output.write(`${lineOf(isLive ? step : {...step, current: undefined})}\n`);
			lines.clear();
		}
	}

	return imageId;
};
