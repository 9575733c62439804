import {EventEmitter} from 'node:events';
import {useLayoutEffect, useRef, useState, type ReactNode} from 'react';
import {Box, render, type DOMElement} from 'ink';
import type {Input, Output} from '../../terminal/streams.js';
import {placedTexts} from './ink-tree.js';
import type {Row} from './row.js';
import {createScreen, returnScreen, takeScreen} from './screen.js';

/*
Ink keeps the tree, its layout and the keys; the screen is painted here. Ink's own renderer reads every painted text again for each frame, and places rows relative to each other. See docs/ink.md.
*/

/** The terminal as Ink sees it: of this size, and not writable. It draws nothing itself. */
const createInkOutput = (size: () => {readonly columns: number; readonly rows: number}) => Object.assign(new EventEmitter(), { // eslint-disable-line unicorn/prefer-event-target -- as streams are
	isTTY: true,
	// Ink then neither draws a last frame nor changes modes.
	writable: false,
	...size(),
	write(_data: string, done?: () => void): boolean {
		done?.();
		return true;
	},
});

type RootProps = {readonly onRoot: (root: DOMElement) => void; readonly children: ReactNode};

/** Gives Ink's root away before anything is in it. */
const Root = ({onRoot, children}: RootProps) => {
	const element = useRef<DOMElement>(null);
	const [hasRoot, setHasRoot] = useState(false);
	useLayoutEffect(() => {
		let node = element.current!;
		while (node.parentNode) {
			node = node.parentNode;
		}

		onRoot(node);
		setHasRoot(true);
	}, [onRoot]);
	return <Box ref={element}>{hasRoot && children}</Box>;
};

export type ScreenOptions = {
	readonly stdin: Input;
	readonly stdout: Output;
	readonly stderr: Output;
	readonly maxFps: number;
	/** Whether the terminal fills erased columns with the background colour; screen does not. */
	readonly hasColouredErasure: boolean;
};

export type OpenScreen = {
	/** Draws all of the screen again. */
	readonly redraw: () => void;
	/** Takes a new size of the terminal over and draws all. */
	readonly resize: () => void;
	/** Gives the terminal to another program. */
	readonly leave: () => void;
	/** Takes it again and draws all. */
	readonly enter: () => void;
	/** Ends drawing, restores the terminal. */
	readonly close: () => void;
	readonly waitUntilExit: () => Promise<unknown>;
	/** The rows of the last frame. */
	readonly rows: () => readonly Row[];
};

/** Shows a tree of Ink's on the whole terminal. */
export const openScreen = (node: ReactNode, {stdin, stdout, stderr, maxFps, hasColouredErasure}: ScreenOptions): OpenScreen => {
	const size = () => ({columns: stdout.columns ?? 80, rows: stdout.rows ?? 24});
	const inkOutput = createInkOutput(size);
	const screen = createScreen({hasColouredErasure});
	const interval = 1000 / maxFps;
	let root: DOMElement | undefined;
	let isUp = false;
	let isWaiting = false;
	let timer: NodeJS.Timeout | undefined;
	let last = -Infinity;

	const paint = () => {
		clearTimeout(timer);
		timer = undefined;
		isWaiting = false;
		// Without children Ink is taking its tree down.
		if (!isUp || !root?.yogaNode || root.childNodes.length === 0) {
			return;
		}

		last = performance.now();
		const {columns, rows} = inkOutput;
		const bytes = screen.update(placedTexts(root, {columns, rows}), {columns, rows});
		if (bytes !== '') {
			stdout.write(bytes);
		}
	};

	/** Once after all changes that a key makes, and not more often than allowed. */
	const schedule = () => {
		if (isWaiting) {
			return;
		}

		isWaiting = true;
		const missing = last + interval - performance.now();
		if (missing > 0) {
			timer = setTimeout(paint, missing);
		} else {
			queueMicrotask(paint);
		}
	};

	const enter = () => {
		if (!isUp) {
			isUp = true;
			stdout.write(takeScreen);
			screen.forget();
			schedule();
		}
	};

	const leave = () => {
		if (isUp) {
			isUp = false;
			stdout.write(returnScreen);
		}
	};

	enter();
	// However the process ends: the terminal is not left without wrap and cursor.
	process.on('exit', leave);
	const instance = render(
		<Root onRoot={given => {
			root = given;
			root.onRender = schedule;
			root.onImmediateRender = schedule;
		}}>
			{node}
		</Root>,
		{stdin, stdout: inkOutput as unknown as NodeJS.WriteStream, stderr, exitOnCtrlC: false, patchConsole: false, interactive: true},
	);
	return {
		redraw() {
			screen.forget();
			schedule();
		},
		resize() {
			Object.assign(inkOutput, size());
			inkOutput.emit('resize');
			screen.forget();
			schedule();
		},
		enter,
		leave,
		close() {
			instance.unmount();
			clearTimeout(timer);
			leave();
			process.off('exit', leave);
		},
		waitUntilExit: instance.waitUntilExit,
		rows: screen.rows,
	};
};
