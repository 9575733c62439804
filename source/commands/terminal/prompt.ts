import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';
import {HolmError} from '../../errors.js';
import type {Context} from '../command.js';

/** Asks for one line on the terminal; the question goes to standard error, so that output can be redirected. */
export const ask = async ({stdin, stderr}: Pick<Context, 'stdin' | 'stderr'>, question: string, {hidden = false} = {}): Promise<string> => {
	const nothing = new Writable({
		write(_chunk, _encoding, done) {
			done();
		},
	});
	// As a terminal readline takes the keys itself and would echo them to its output, which swallows everything; otherwise the terminal echoes.
	const lines = createInterface({input: stdin, output: nothing, terminal: hidden && stdin.isTTY === true});
	const closed = new AbortController();
	lines.once('close', () => {
		closed.abort();
	});
	lines.once('SIGINT', () => {
		lines.close();
	});
	try {
		stderr.write(question);
		return await lines.question('', {signal: closed.signal});
	} catch (error) {
		throw new HolmError('invalid', 'nothing was answered', {cause: error});
	} finally {
		lines.close();
		if (hidden) {
			stderr.write('\n');
		}
	}
};

/** Asks whether to go on. Without a terminal it refuses and names the flag that answers. */
export const isConfirmed = async (context: Pick<Context, 'stdin' | 'stderr'>, warning: string): Promise<boolean> => {
	if (context.stdin.isTTY !== true) {
		throw new HolmError('invalid', 'this asks before it removes anything, and there is no terminal to ask on', {remedy: 'say --force to go on without asking'});
	}

	const answer = await ask(context, `WARNING! ${warning}\nAre you sure you want to continue? [y/N] `);
	return /^y(?:es)?$/iv.test(answer.trim());
};
