import {spawnSync} from 'node:child_process';
import type {Input} from './streams.js';

/**
Passes every key to the program as typed, and output to the terminal unchanged. Returns a function that restores the previous mode.

Node's raw mode goes on turning line feeds of the output into carriage return and line feed, which moves the cursor of full-screen programs that use a bare line feed to go down; `stty` takes that away. What Node restores is the terminal as it was at first.
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
