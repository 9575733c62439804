import {Buffer} from 'node:buffer';
import {PassThrough} from 'node:stream';
import type {Session} from '../../../source/engine/sessions.js';

export type FakeSession = {
	readonly session: Session;
	readonly stdin: PassThrough;
	readonly stdout: PassThrough;
	readonly stderr: PassThrough;
	/** The input that the process has read so far. */
	readonly received: () => string;
	readonly hasEndOfFile: () => boolean;
	readonly isClosed: () => boolean;
	/** Ends the process. */
	readonly exit: () => void;
};

/** A session whose process is the test. */
export const createFakeSession = ({terminal = false, isReading = true} = {}): FakeSession => {
	const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
	const chunks: Uint8Array[] = [];
	let hasEndOfFile = false;
	let isClosed = false;
	if (isReading) {
		stdin.on('data', (chunk: Uint8Array) => {
			chunks.push(chunk);
		});
	}

	stdin.on('end', () => {
		hasEndOfFile = true;
	});
	return {
		session: {
			terminal,
			stdin,
			stdout,
			stderr,
			close() {
				isClosed = true;
				stdout.destroy();
				stderr.destroy();
			},
		},
		stdin,
		stdout,
		stderr,
		received: () => Buffer.concat(chunks).toString('latin1'),
		hasEndOfFile: () => hasEndOfFile,
		isClosed: () => isClosed,
		exit() {
			stdout.end();
			stderr.end();
		},
	};
};
