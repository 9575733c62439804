import {setTimeout as delay} from 'node:timers/promises';
import process from 'node:process';
import type {Input, Output} from '../../terminal/streams.js';
import type {Terminal} from '../work/controller.js';
import {mouseOff, mouseOn} from '../mouse/mouse-events.js';
import {copySequence} from '../work/session.js';
import type {InkHandles} from './app.js';

export type TerminalOptions = {
	readonly stdin: Input;
	readonly stdout: Output;
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** Known once the first frame was drawn. */
	readonly ink: () => InkHandles | undefined;
	/** Draws everything anew on an empty screen. */
	readonly redraw: () => void;
	/** The terminal reports what its mouse does. */
	readonly hasMouse: boolean;
	/** Nothing is read from the engine between these two. */
	readonly onLeave: () => void;
	readonly onReturn: () => void;
};

// What a terminal takes for its clipboard is limited; this much goes through all of them.
const longestCopy = 74_000;
// Time for the stop to take place. A process group that nobody could continue is not stopped by the kernel at all.
const stopDelay = 50;

export type DashboardTerminal = Terminal & {
	/** Handles SIGTSTP. */
	readonly onStopSignal: () => void;
	/** Another program has the terminal. */
	readonly isAway: () => boolean;
	readonly setMouse: (isOn: boolean) => void;
};

/** The terminal of the dashboard as its actions see it. */
export const createTerminal = (options: TerminalOptions): DashboardTerminal => {
	const {stdout, environment, ink, redraw, hasMouse, onLeave, onReturn} = options;
	let isAway = false;
	const setMouse = (isOn: boolean) => {
		if (hasMouse) {
			stdout.write(isOn ? mouseOn : mouseOff);
		}
	};

	const handOver: Terminal['handOver'] = async work => {
		const handles = ink();
		if (!handles || isAway) {
			throw new Error('the terminal is in other hands');
		}

		isAway = true;
		onLeave();
		setMouse(false);
		const {resume} = await handles.suspendTerminal();
		try {
			return await work();
		} finally {
			await resume();
			setMouse(true);
			isAway = false;
			onReturn();
		}
	};

	const suspend = async () => {
		if (isAway) {
			return;
		}

		await handOver(async () => {
			process.off('SIGTSTP', onStopSignal);
			process.kill(0, 'SIGTSTP');
			await delay(stopDelay);
			process.on('SIGTSTP', onStopSignal);
		});
	};

	const onStopSignal = () => {
		void suspend();
	};

	return {
		size: () => ({columns: stdout.columns ?? 80, rows: stdout.rows ?? 24}),
		handOver,
		copy(text) {
			stdout.write(copySequence(text.slice(0, longestCopy), environment));
		},
		redraw() {
			if (!isAway) {
				redraw();
			}
		},
		suspend,
		quit() {
			ink()?.exit();
		},
		onStopSignal,
		isAway: () => isAway,
		setMouse,
	};
};
