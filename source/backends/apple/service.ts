import {once} from 'node:events';
import {HolmError} from '../../engine/errors.js';
import {escapeControls} from '../../text/escape.js';
import {decodeStatus, type AppleStatus} from './decode/system.js';
import {failureOf, plainText} from './failures.js';
import type {Program} from './program.js';

/** The service answers within ten seconds, or not at all. */
export const serviceStatus = async (program: Program): Promise<AppleStatus> => {
	const {stdout} = await program.attempt(['system', 'status', '--format', 'json']);
	try {
		return decodeStatus(JSON.parse(stdout.toString()));
	} catch {
		return {isRunning: false, root: ''};
	}
};

const startLimitMs = 120_000;

/** Starts the service, if it does not run. Without a terminal the program would wait for an answer about its kernel. */
export const startService = async (program: Program): Promise<'started' | 'running'> => {
	if ((await serviceStatus(program)).isRunning) {
		return 'running';
	}

	const argv = ['system', 'start', '--disable-kernel-install'];
	const {stderr} = await program.run(argv, {limitMs: startLimitMs});
	if (!(await serviceStatus(program)).isRunning) {
		// The program ignores a failure of launchd's.
		throw failureOf({argv, exitCode: 1, stderr: `${stderr}\nError: XPC connection error`, where: program.transport.name});
	}

	return 'started';
};

/** Where the service keeps its data unless it was told otherwise. */
export const rootIn = (home: string): string => `${home}/Library/Application Support/com.apple.container`;

/** The kernel of containers for an architecture, in the directory of the service. */
export const kernelIn = (root: string, architecture: string): string => `${root}/kernels/default.kernel-${architecture}`;

export const hasKernel = async (program: Program): Promise<boolean> => {
	const {root} = await serviceStatus(program);
	const {exitCode} = await program.shell('[ -e "$1" ]', [kernelIn(root || rootIn(program.home), program.architecture)]);
	return exitCode === 0;
};

export const kernelCommand = ['system', 'kernel', 'set', '--recommended'] as const;

const kernelLimitMs = 30 * 60_000;

const longest = 64 * 1024;

/** Downloads and installs the kernel that Apple recommends. On a terminal, because the program is said to hang without one. */
export const installKernel = async (program: Program, onLine: (line: string) => void): Promise<void> => {
	const execution = await program.transport.execute([program.path, ...kernelCommand], {terminal: {rows: 24, columns: 80}});
	let text = '';
	let isLate = false;
	const timer = setTimeout(() => {
		isLate = true;
		execution.signal('SIGKILL');
	}, kernelLimitMs);
	execution.stderr.resume();
	execution.stdout.on('data', chunk => {
		text = (text + String(chunk)).slice(-longest);
		const line = plainText(text).split('\n').findLast(part => part.trim() !== '');
		if (line !== undefined) {
			onLine(escapeControls(line.trim().slice(0, 200)));
		}
	});
	try {
		const [{exitCode = 255}] = await Promise.all([execution.ended, once(execution.stdout, 'close')]);
		if (isLate) {
			throw new HolmError('unavailable', `the kernel was not installed on ${program.transport.name} within ${kernelLimitMs / 60_000} minutes`, {
				remedy: `container ${kernelCommand.join(' ')} there shows why`,
			});
		}

		if (exitCode !== 0) {
			throw failureOf({argv: kernelCommand, exitCode, stderr: text, where: program.transport.name});
		}
	} finally {
		clearTimeout(timer);
	}
};
