import {compileOnMainThread} from '../engine/exit-deadlock.js';
import {escapeControls} from '../text/escape.js';
import {nonEmpty} from './non-empty.js';

const flush = async (stream: NodeJS.WriteStream): Promise<void> => new Promise(resolve => {
	if (stream.destroyed) {
		resolve();
	} else {
		stream.write('', () => {
			resolve();
		});
	}
});

/** The working directory; of one that has been removed its last path, where nothing is found. */
const currentDirectory = (): string => {
	try {
		return process.cwd();
	} catch {
		return nonEmpty(process.env.PWD) ?? '/';
	}
};

/** Runs `main` with the arguments and streams of this process, and exits. */
export const start = async (): Promise<never> => {
	// All else than flags that only the dashboard has.
	if (process.argv.slice(2).some(argument => /^[^\-]|^--(?:help|version)$/v.test(argument))) {
		compileOnMainThread();
	}

	for (const stream of [process.stdout, process.stderr]) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			if (error.code !== 'EPIPE' && stream === process.stdout) {
				process.stderr.write(`Error: standard output cannot be written: ${error.message.replaceAll(/^[A-Z]+: |, write$/gv, '')} (free some space, or write elsewhere)\n`);
			}

			// A reader such as `head` has exited; shells expect the status of SIGPIPE.

			process.exit(error.code === 'EPIPE' ? 141 : 1);
		});
	}

	const ask = async (question: string) => {
		const {askOnTerminal} = await import('./terminal/prompt.js');
		return askOnTerminal(question);
	};

	const onStep = ({step, detail}: {readonly step: string; readonly detail: string}) => {
		process.stderr.write(`${escapeControls(`${step}: ${detail}`)}\n`);
	};

	const {main} = await import('./main.js');
	const status = await main(process.argv.slice(2), {
		// Opened only by commands that read it.
		get stdin() {
			return process.stdin;
		},
		stdout: process.stdout,
		stderr: process.stderr,
		environment: process.env,
		workingDirectory: currentDirectory(),
		now: Date.now,
		async connect({canAsk = true, ...options}) {
			const {connect} = await import('../daemon/connect.js');
			return connect({onStep, ...options, ...canAsk && {ask}});
		},
		async openDockerHost(options) {
			const [{openDockerHost}, {errorLine}] = await Promise.all([import('../daemon/docker-host.js'), import('./for-each-reference.js')]);
			return openDockerHost({
				onStep, ask, ...options,
				onFailure(error) {
					process.stderr.write(`${errorLine(error)}\n`);
				},
			});
		},
	});
	compileOnMainThread();
	await Promise.all([flush(process.stdout), flush(process.stderr)]);
	// Keep-alive connections would keep the process running.

	process.exit(status);
};
