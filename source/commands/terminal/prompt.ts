import {openSync} from 'node:fs';
import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';
import {ReadStream, WriteStream} from 'node:tty';
import {HolmError} from '../../engine/errors.js';
import {escapeControlsInLines} from '../../text/escape.js';
import type {Context} from '../command.js';

/** Asks for one line on the terminal; the question goes to standard error, so that output can be redirected. */
export const ask = async ({stdin, stderr}: Pick<Context, 'stdin' | 'stderr'>, question: string, {hidden = false} = {}): Promise<string> => {
	const nothing = new Writable({
		write(_chunk, _encoding, done) {
			done();
		},
	});
	// In terminal mode readline echoes keys itself, to an output that drops them; otherwise the terminal would echo.
	const lines = createInterface({input: stdin, output: nothing, terminal: hidden && stdin.isTTY === true});
	const closed = new AbortController();
	lines.once('close', () => {
		closed.abort();
	});
	lines.once('SIGINT', () => {
		lines.close();
	});
	try {
		stderr.write(escapeControlsInLines(question));
		return await lines.question('', {signal: closed.signal});
	} catch (error) {
		throw new HolmError('invalid', 'no answer was given', {cause: error});
	} finally {
		lines.close();
		if (hidden) {
			stderr.write('\n');
		}
	}
};

/** Asks for a secret on the controlling terminal, even if the standard streams are redirected. Resolves with undefined without a terminal or an answer. */
export const askOnTerminal = async (question: string): Promise<string | undefined> => {
	let input: number;
	let output: number;
	try {
		input = openSync('/dev/tty', 'r');
		output = openSync('/dev/tty', 'w');
	} catch {
		return undefined;
	}

	const stdin = new ReadStream(input);
	const stderr = new WriteStream(output);
	try {
		return await ask({stdin, stderr}, question, {hidden: true});
	} catch {
		return undefined;
	} finally {
		stdin.destroy();
		stderr.destroy();
	}
};

/** Asks for confirmation. Throws `invalid` without a terminal. */
export const isConfirmed = async (context: Pick<Context, 'stdin' | 'stderr'>, warning: string): Promise<boolean> => {
	if (context.stdin.isTTY !== true) {
		throw new HolmError('invalid', 'this command asks for confirmation, and there is no terminal to ask on', {remedy: 'use --force to skip the confirmation'});
	}

	const answer = await ask(context, `WARNING! ${warning}\nAre you sure you want to continue? [y/N] `);
	return /^y(?:es)?$/iv.test(answer.trim());
};
