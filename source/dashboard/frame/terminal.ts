import {setTimeout as delay} from 'node:timers/promises';
import type {Input, Output} from '../../terminal/streams.js';
import type {Terminal} from '../work/controller.js';
import {mouseOff, mouseOn} from '../mouse/mouse-events.js';
import {copySequence} from '../work/session.js';
import type {InkHandles} from './app.js';

export type TerminalOptions = {
	readonly stdin: Input;
	readonly stdout: Output;
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** Undefined before the first frame. */
	readonly ink: () => InkHandles | undefined;
	/** Clears the screen and draws all of it. */
	readonly redraw: () => void;
	/** Asks the terminal for mouse events. */
	readonly hasMouse: boolean;
	/** Called before another program gets the terminal and before a stop. */
	readonly onLeave: () => void;
	/** Called once the dashboard has the terminal again. */
	readonly onReturn: () => void;
};

// Characters; terminals limit the size of OSC 52, and all known ones accept this.
const longestCopy = 74_000;
// Milliseconds for the stop to take effect. The kernel does not stop an orphaned process group.
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
			throw new Error('another program has the terminal');
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
