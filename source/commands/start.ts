import {enableCompileCache} from 'node:module';
import {homedir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {escapeControls} from '../text/escape.js';
import {nonEmpty} from './non-empty.js';

/** Node's default is a directory of a known name in /tmp, which anybody can make first, and what is in it is executed. */
const cacheDirectory = (): string => path.join(nonEmpty(process.env.XDG_CACHE_HOME) ?? path.join(homedir(), '.cache'), 'holm', 'compiled');

const flush = async (stream: NodeJS.WriteStream): Promise<void> => new Promise(resolve => {
	if (stream.destroyed) {
		resolve();
	} else {
		stream.write('', () => {
			resolve();
		});
	}
});

/** Runs the program on this process's own arguments and streams, and ends the process. */
export const start = async (): Promise<never> => {
	enableCompileCache(cacheDirectory());
	for (const stream of [process.stdout, process.stderr]) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			// A reader such as `head` has had enough; shells expect the status of SIGPIPE.

			process.exit(error.code === 'EPIPE' ? 141 : 1);
		});
	}

	const {main} = await import('./main.js');
	const status = await main(process.argv.slice(2), {
		stdin: process.stdin,
		stdout: process.stdout,
		stderr: process.stderr,
		environment: process.env,
		workingDirectory: process.cwd(),
		now: Date.now,
		async connect({canAsk = true, ...options}) {
			const {connect} = await import('../daemon/connect.js');
			return connect({
				async ask(question) {
					const {askOnTerminal} = await import('./terminal/prompt.js');
					return canAsk ? askOnTerminal(question) : undefined;
				},
				onStep({step, detail}) {
					process.stderr.write(`${escapeControls(`${step}: ${detail}`)}\n`);
				},
				...options,
			});
		},
	});
	await Promise.all([flush(process.stdout), flush(process.stderr)]);
	// Connections that are kept alive for a next request would keep the process.

	process.exit(status);
};
