import {spawnSync} from 'node:child_process';
import type {Input} from './streams.js';

/**
Gives every key to the program as it is typed, and every byte of output to the terminal as it is; the result undoes that.

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
