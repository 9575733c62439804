import {setImmediate as nextTurn} from 'node:timers/promises';
import {messageOf} from '../../../engine/errors.js';
import {createLineReader, createPipe, emptyInput} from '../pipe.js';
import {asCondition, readCommand} from './commands.js';
import {isListEnd, reservedAt} from './reserved.js';
import {
	breathe,
	checkStopped,
	inSubshell,
	ShellExit,
	type Descriptors,
	type Job,
	type Run,
	type Shell,
} from './shell.js';
import {
	compileBy,
	isAt,
	isEnd,
	skipLines,
	take,
	unexpected,
	type Source,
} from './source.js';

/** Runs commands side by side, each in a subshell, the output of each the input of the next. */
const runPipeline = async (shell: Shell, commands: readonly Run[], files: Descriptors): Promise<number> => {
	let input = files[0];
	const statuses = await Promise.all(commands.map(async (command, index) => {
		const pipe = index === commands.length - 1 ? undefined : createPipe();
		const own: Descriptors = {0: input, 1: pipe ?? files[1], 2: files[2]};
		input = pipe ? createLineReader(pipe) : input;
		try {
			return await inSubshell(shell, async inner => command(inner, own));
		} finally {
			pipe?.end();
			if (index > 0) {
				// Its writer does not wait for a command that has ended.
				own[0].close?.();
			}
		}
	}));
	return statuses.at(-1)!;
};

type Pipeline = {readonly operator: string; readonly negated: boolean; readonly run: Run};

const readPipeline = (source: Source, operator: string): Pipeline => {
	skipLines(source);
	const isNegated = reservedAt(source) === '!';
	source.position += Number(isNegated);
	const commands = [readCommand(source)];
	while (take(source, /\|(?!\|)/vy)) {
		commands.push(readCommand(source));
	}

	const run: Run = commands.length === 1 ? commands[0]! : async (shell, files) => runPipeline(shell, commands, files);
	return {operator, negated: isNegated, run};
};

/** Starts a job; resolves once it has a process id, for `$!`. */
const startJob = async (shell: Shell, run: Run, files: Descriptors): Promise<void> => {
	const {promise: ended, resolve} = Promise.withResolvers<number>();
	const controller = new AbortController();
	const {foreground} = shell;
	const abort = () => {
		controller.abort();
	};

	foreground?.signal.addEventListener('abort', abort, {once: true});
	void ended.then(() => {
		foreground?.signal.removeEventListener('abort', abort);
	});
	const job: Job = {ended};
	shell.jobs.add(job);
	shell.lastJob = job;
	void inSubshell(shell, async inner => {
		inner.onEnter = pid => {
			job.pid ??= pid;
			inner.onEnter = undefined;
		};

		inner.foreground = controller;
		return run(inner, {...files, 0: createLineReader(emptyInput)});
	}).then(resolve, async (error: unknown) => {
		resolve(2);
		try {
			await files[2].write(`sh: ${messageOf(error)}\n`);
		} catch {}
	});
	await nextTurn();
	// A job that has started no program has a process of its own.
	if (job.pid !== undefined) {
		return;
	}

	const {host, command, user} = shell.invocation;
	try {
		const {pid, leave} = host.enter({
			command,
			user,
			kill(number) {
				if (number > 0) {
					resolve(128 + number);
					abort();
				}
			},
		});
		job.pid = pid;
		void ended.then(leave);
	} catch (error) {
		await files[2].write(`sh: ${messageOf(error)}\n`);
	}
};

/** Runs the traps of the signals that arrived meanwhile. */
const runCaught: Run = async (shell, files) => {
	const {status} = shell;
	if (shell.isInTrap) {
		return status;
	}

	shell.isInTrap = true;
	try {
		for (let name = shell.caught.shift(); name !== undefined; name = shell.caught.shift()) {
			// A trap may raise its own signal.
			await breathe();
			checkStopped(shell);
			await shell.traps.get(name)?.(shell, files);
			shell.status = status;
		}
	} finally {
		shell.isInTrap = false;
	}

	return status;
};

/** Runs pipelines as `&&` and `||` between them say. */
const runAndOr = async (shell: Shell, pipelines: readonly Pipeline[], files: Descriptors): Promise<number> => {
	let isFailed = false;
	for (const [index, {operator, negated, run}] of pipelines.entries()) {
		if (operator !== '' && (operator === '&&') !== (shell.status === 0)) {
			continue;
		}

		// With `set -e`, only the failure of the last one exits.
		const isTested = index < pipelines.length - 1 || negated;
		const status = await (isTested ? asCondition(run) : run)(shell, files);
		shell.status = negated ? Number(status === 0) : status;
		isFailed = !isTested && status !== 0;
	}

	await breathe();
	checkStopped(shell);
	await runCaught(shell, files);
	if (shell.exitsOnError && shell.tested === 0 && isFailed) {
		throw new ShellExit('exit', shell.status);
	}

	return shell.status;
};

const readAndOr = (source: Source): Run => {
	const pipelines = [readPipeline(source, '')];
	for (let operator = take(source, /&&|\|\|/vy); operator !== undefined; operator = take(source, /&&|\|\|/vy)) {
		pipelines.push(readPipeline(source, operator));
	}

	const end = take(source, /[\n;\u{26}]/vy);
	if (end === undefined && !isEnd(source) && !isAt(source, ')') && reservedAt(source) === '') {
		unexpected(source);
	}

	const run: Run = async (shell, files) => runAndOr(shell, pipelines, files);
	return end === '&' ? async (shell, files) => {
		await startJob(shell, run, files);
		shell.status = 0;
		return 0;
	} : run;
};

/** Reads commands up to a reserved word that ends them, a closing parenthesis or the end. */
const readList = (source: Source): Run => {
	const list: Run[] = [];
	skipLines(source);
	while (!isListEnd(source)) {
		list.push(readAndOr(source));
		skipLines(source);
	}

	return async (shell, files) => {
		if (list.length === 0) {
			return 0;
		}

		for (const run of list) {
			checkStopped(shell);
			await run(shell, files);
		}

		return shell.status;
	};
};

/** Compiles a script. Throws `ShellSyntaxError`, also for what other shells have and this one does not. */
export const compile = (text: string): Run => compileBy(readList, text);
