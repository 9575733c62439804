import {PassThrough, Writable} from 'node:stream';
import {HolmError} from '../../engine/errors.js';
import type {ExecConfiguration, ExecsVerbs} from '../../engine/execs.js';
import type {Session, TerminalSize} from '../../engine/sessions.js';
import {findExec, forgetEndedExecs} from '../../rules/containers/kept-execs.js';
import {checkSize} from '../../rules/containers/terminal-size.js';
import {validateExec} from '../../rules/containers/validate-process.js';
import {
	newId,
	publishOf,
	type Context,
	type Exec,
} from './context.js';
import {failureOf} from './failures.js';
import {drained} from './follow.js';
import {readItem, type Item} from './listing.js';
import {openSession} from './open-session.js';
import type {Execution} from './transport.js';

const defaultSize: TerminalSize = {rows: 24, columns: 80};

const keptExecs = 1000;

const runningItem = async (context: Context, reference: string): Promise<Item> => {
	const item = await readItem(context, reference);
	if (item.container.status.state !== 'running') {
		throw new HolmError('conflict', `container ${item.id} is not running`, {remedy: `holm start ${item.name}`});
	}

	return item;
};

/** The words of `container exec`. */
export const execArguments = (
	appleId: string,
	{command, terminal, stdin, environment, workingDirectory, user}: ExecConfiguration,
): readonly string[] => [
	'exec',
	...stdin ? ['-i'] : [],
	...terminal ? ['-t'] : [],
	...environment.flatMap(variable => ['-e', variable]),
	...user ? ['-u', user] : [],
	...workingDirectory ? ['-w', workingDirectory] : [],
	appleId, ...command,
];

/** Bytes of standard error that are held back while they may be the program's own complaint. */
const longestComplaint = 4096;

const isComplaint = (text: string) => text.startsWith('Error: ') || (text.length < 7 && 'Error: '.startsWith(text));

type Streams = {
	readonly execution: Execution;
	readonly terminal: boolean;
	readonly onEnd: (exitCode: number, complaint: string) => number;
	/** The connection was lost. */
	readonly onLost: () => void;
};

/** The session of a process that this process has started. Its streams end when its status is known. */
const sessionOf = ({execution, terminal, onEnd, onLost}: Streams): Session => {
	const [stdout, stderr] = [new PassThrough(), new PassThrough()];
	let isLeft = false;
	let complaint = '';
	let hasOutput = false;
	let isMayComplain = true;
	const write = async (target: PassThrough, chunk: Uint8Array | string) => {
		if (!isLeft && !target.write(chunk)) {
			await drained(target);
		}
	};

	const passOutput = async () => {
		for await (const chunk of execution.stdout) {
			hasOutput = true;
			await write(stdout, chunk as Uint8Array);
		}
	};

	const passErrors = async () => {
		for await (const chunk of execution.stderr) {
			complaint += isMayComplain ? String(chunk) : '';
			if (isMayComplain && isComplaint(complaint) && complaint.length < longestComplaint) {
				continue;
			}

			await write(terminal ? stdout : stderr, isMayComplain && complaint !== String(chunk) ? complaint : chunk as Uint8Array);
			isMayComplain = false;
		}
	};

	const finish = async () => {
		await Promise.allSettled([passOutput(), passErrors()]);
		let exitCode: number;
		try {
			({exitCode = 137} = await execution.ended);
		} catch (error) {
			// The connection was lost: the command may go on.
			onLost();
			stdout.destroy(error as Error);
			stderr.destroy(error as Error);
			stdin.destroy();
			return;
		}

		const held = isMayComplain ? complaint : '';
		onEnd(exitCode, exitCode === 1 && !hasOutput ? held : '');
		if (held !== '') {
			await write(terminal ? stdout : stderr, held);
		}

		stdout.end();
		stderr.end();
		stdin.destroy();
	};

	const leave = () => {
		isLeft = true;
		stdout.end();
		stderr.end();
		execution.release();
	};

	const stdin = new Writable({
		async write(chunk: Uint8Array, _encoding, done) {
			if (execution.stdin.writable && !execution.stdin.write(chunk)) {
				await drained(execution.stdin);
			}

			done();
		},
		final(done) {
			execution.stdin.end();
			done();
		},
		destroy(error, done) {
			if (!stdin.writableFinished) {
				leave();
			}

			done(error);
		},
	});
	for (const stream of [stdin, stdout, stderr]) {
		stream.on('error', () => undefined);
	}

	void finish();
	return openSession({terminal, stdin, stdout, stderr}, leave);
};

const start = async (context: Context, exec: Exec, size: TerminalSize): Promise<Session> => {
	const item = await runningItem(context, exec.containerId);
	const program = await context.program();
	const {terminal, stdin, command} = exec.configuration;
	const argv = execArguments(item.apple.id, exec.configuration);
	// Without input, Apple's program needs no terminal of its own.
	const execution = await program.transport.execute([program.path, ...argv], terminal && stdin ? {terminal: size} : {});
	if (!stdin) {
		execution.stdin.end();
	}

	exec.state = 'running';
	exec.execution = execution;
	publishOf(context, item, `exec_start: ${command.join(' ')}`, {execID: exec.id});
	return sessionOf({execution, terminal, onEnd(exitCode, complaint) {
		exec.state = 'ended';
		exec.exitCode = exitCode;
		if (complaint.startsWith('Error: ')) {
			const {code} = failureOf({argv, exitCode, stderr: complaint, where: program.transport.name});
			exec.exitCode = code === 'command-not-found' ? 127 : (code === 'not-executable' ? 126 : exitCode);
		}

		publishOf(context, item, 'exec_die', {execID: exec.id, exitCode: String(exec.exitCode)});
		return exec.exitCode;
	}, onLost() {
		exec.state = 'ended';
	}});
};

export const execsVerbs = (context: Context): ExecsVerbs => ({
	async createExec(reference, configuration) {
		const item = await runningItem(context, reference);
		validateExec(configuration);
		if (configuration.privileged) {
			throw new HolmError(
				'unsupported',
				'a privileged command is not possible in a container of Apple\'s',
				{remedy: 'make the container with the capabilities that it needs'},
			);
		}

		forgetEndedExecs(context.execs, keptExecs);
		const id = newId();
		context.execs.set(id, {
			id, containerId: item.id, configuration: {...configuration}, state: 'created',
		});
		publishOf(context, item, `exec_create: ${configuration.command.join(' ')}`, {execID: id});
		return id;
	},
	async startExec(id, size = defaultSize) {
		const exec = findExec(context.execs, id);
		checkSize(size);
		if (exec.state !== 'created') {
			throw new HolmError('conflict', `Error: Exec command ${exec.id} has already run`, {remedy: 'make another one'});
		}

		return start(context, exec, size);
	},
	async resizeExec(id, size) {
		checkSize(size);
		const {execution, state} = findExec(context.execs, id);
		if (state !== 'running') {
			throw new HolmError('conflict', `exec ${id} is not running`, {remedy: 'start it first'});
		}

		execution?.resize(size);
	},
	async exec(id) {
		const {containerId, configuration, state, exitCode} = findExec(context.execs, id);
		return {
			id, containerId, configuration, running: state === 'running', ...exitCode !== undefined && {exitCode},
		};
	},
});
