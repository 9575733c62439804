import type {Output} from '../../terminal/streams.js';
import {escapeControls} from '../../text/escape.js';

export type Step = {readonly step: string; readonly detail: string};

const eraseLine = '\r\u{1B}[2K';

const took = (milliseconds: number) => milliseconds > 1000 ? ` (${(milliseconds / 1000).toFixed(1)} s)` : '';

/**
Prints the steps of a long operation. On a terminal, the line of a step shows its latest detail and, if it took over a second, its final duration. Elsewhere every detail is a line.

`now` is in milliseconds.
*/
export const printSteps = async (steps: AsyncIterable<Step>, output: Output, now: () => number): Promise<void> => {
	const isLive = output.isTTY === true;
	let current: (Step & {readonly startedAt: number}) | undefined;
	const line = ({step, detail}: Step) => escapeControls(detail === '' ? step : `${step}: ${detail}`);
	const finish = () => {
		const duration = current ? took(now() - current.startedAt) : '';
		if (isLive && current) {
			output.write(`${eraseLine}${line(current)}${duration}\n`);
		} else if (current && duration !== '') {
			output.write(`${escapeControls(current.step)}${duration}\n`);
		}
	};

	try {
		for await (const {step, detail} of steps) {
			const isSame = current?.step === step;
			if (!isSame) {
				finish();
			}

			current = {step, detail, startedAt: isSame ? current!.startedAt : now()};
			output.write(isLive ? eraseLine + line(current).slice(0, (output.columns ?? 80) - 1) : `${line(current)}\n`);
		}
	} finally {
		finish();
	}
};
