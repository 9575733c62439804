import {spawnSync} from 'node:child_process';
import type {Input} from './streams.js';

/**
Passes every key to the program as typed, and output to the terminal unchanged. Returns a function that restores the previous mode.

Node's raw mode still turns line feeds of the output into carriage return and line feed, which misplaces the cursor of full-screen programs that move down with a bare line feed; `stty` disables that. Node restores the terminal's original mode.
*/
export const enterRawMode = (stdin: Input): (() => void) => {
	stdin.setRawMode?.(true);
	if (stdin.fd !== undefined) {
		spawnSync('stty', ['-opost'], {stdio: [stdin.fd, 'ignore', 'ignore']});
	}

	return () => {
		stdin.setRawMode?.(false);
	};
};
