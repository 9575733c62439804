import {asHolmError, exitStatusOf, HolmError} from '../engine/errors.js';
import type {MemoryEngine} from '../backends/memory/engine.js';
import type {EngineTarget} from '../dashboard/state/known-engines.js';
import type {Context} from './command.js';
import type {FoundCommand} from './find-command.js';
import {nonEmpty} from './non-empty.js';

/** What `holm` takes from its process. Commands get the rest of `Context` from `main`, and connect to the engine only when they ask for it. */
export type ProcessContext = Omit<Context, 'engine' | 'runningEngine' | 'dockerHost' | 'root' | 'host'> & {
	/** As `connect`, for other programs. */
	readonly openDockerHost: (options: {readonly root?: string; readonly host?: string}) => ReturnType<Context['dockerHost']>;
	readonly connect: (options: {
		readonly root?: string;
		readonly host?: string;
		/** Starts the engine of this host if it does not run; default true. */
		readonly canStart?: boolean;
		/** The user may be asked for the passphrase of a key; default true. */
		readonly canAsk?: boolean;
		/** Receives the steps of a first start; default: they go to standard error. */
		readonly onStep?: (step: {readonly step: string; readonly detail: string}) => void;
	}) => ReturnType<Context['engine']>;
};

/** Exit status of usage errors, as in `docker` and `git`. */
const usageStatus = 2;

const report = async ({stderr}: ProcessContext, error: unknown, isDebug: boolean): Promise<void> => {
	const [{errorLine}, {forOutput}] = await Promise.all([import('./for-each-reference.js'), import('../text/escape.js')]);
	const {inspect} = process.getBuiltinModule('node:util');
	stderr.write(`${errorLine(error)}\n${isDebug ? `${forOutput(stderr, inspect(asHolmError(error)))}\n` : ''}`);
};

type GlobalFlags = {
	readonly root?: string;
	readonly host?: string;
	readonly debug: boolean;
	readonly version: boolean;
	readonly help: boolean;
	readonly demo: boolean;
	readonly readOnly: boolean;
	readonly screenReader: boolean;
};

const noFlags: GlobalFlags = {debug: false, version: false, help: false, demo: false, readOnly: false, screenReader: false};

/** Parses the flags before the command. */
const parseGlobals = async (argv: readonly string[]): Promise<{readonly globals: GlobalFlags; readonly rest: readonly string[]}> => {
	if (!argv[0]?.startsWith('-')) {
		return {globals: noFlags, rest: argv};
	}

	const [{globalFlags}, {withHelpFlag}, {splitArguments, splitFirst}] = await Promise.all([
		import('./help.js'), import('../flags/flag-table.js'), import('../flags/split-arguments.js'),
	]);
	const {flags, input} = splitArguments(argv, withHelpFlag(globalFlags), {name: '', flagsEndAtFirstArgument: true});
	const values = new Map(flags.map(flag => splitFirst(flag.slice(2), '=') as [string, string]));
	return {
		globals: {
			root: values.get('root'),
			host: values.get('host'),
			debug: values.get('debug') === 'true',
			version: values.get('version') === 'true',
			help: values.get('help') === 'true',
			demo: values.get('demo') === 'true',
			readOnly: values.get('read-only') === 'true',
			screenReader: values.get('screen-reader') === 'true',
		},
		rest: input,
	};
};

/** A failure with the exit status for it. */
class Failure extends Error {
	readonly status: number;

	constructor(status: number, cause: unknown) {
		super('the command failed', {cause});
		this.status = status;
	}
}

const runCommand = async (found: Extract<FoundCommand, {kind: 'command'}>, context: Context): Promise<number> => {
	const [{command}, {parseCommandLine}, {checkArity}] = await Promise.all([
		found.entry.load(), import('../flags/parse-command-line.js'), import('./arity.js'),
	]);
	const parse = async () => {
		try {
			const parsed = await parseCommandLine(found.rest, command, found.name);
			if (!parsed.help) {
				checkArity(found.name, command.usage, parsed.input);
			}

			return parsed;
		} catch (error) {
			throw new Failure(command.exitsAsProcess ? exitStatusOf(error) : usageStatus, error);
		}
	};

	const {help, flags, input} = await parse();
	// Meow does so only if it parses flags.
	process.title = 'holm';
	if (help) {
		const {commandHelp} = await import('./help.js');
		context.stdout.write(commandHelp(found.name, found.entry.summary, command));
		return 0;
	}

	try {
		return (await command.run(context, flags, input)) ?? 0;
	} catch (error) {
		throw new Failure(command.exitsAsProcess ? exitStatusOf(error) : 1, error);
	}
};

const printOverview = async ({stdout, stderr}: ProcessContext, isAsked: boolean): Promise<number> => {
	const {overview} = await import('./help.js');
	(isAsked ? stdout : stderr).write(overview());
	return isAsked ? 0 : usageStatus;
};

/** Without a command: opens the dashboard in a terminal, else prints the help. */
const openScreen = async ({demo, readOnly, screenReader, root, host}: GlobalFlags, processContext: ProcessContext): Promise<number> => {
	const {stdin, stdout, connect, environment} = processContext;
	if (stdin.isTTY !== true || stdout.isTTY !== true) {
		if (demo || readOnly || screenReader) {
			throw new Failure(usageStatus, new HolmError('invalid', 'the dashboard needs a terminal', {remedy: 'run it in one; over SSH, with ssh -t'}));
		}

		return printOverview(processContext, false);
	}

	const [{openDashboard}, {demoHost, ownHost, targetOf}] = await Promise.all([import('../dashboard/index.js'), import('../dashboard/state/known-engines.js')]);
	const ownRoot = root ?? nonEmpty(environment.HOLM_ROOT);
	const connected = new Set<string>();
	const options = {
		...processContext,
		readOnly,
		screenReader,
		root: ownRoot,
		async connect(showStep: (step: string) => void, target: EngineTarget) {
			const engine = await connect({
				root: ownRoot,
				host: target.host,
				// An engine that stops while the dashboard shows it was stopped on purpose.
				canStart: !connected.has(target.host),
				// The dashboard reads the keys.
				canAsk: false,
				onStep({step, detail}) {
					showStep(`${step}: ${detail}`);
				},
			});
			connected.add(target.host);
			return engine;
		},
	};
	if (!demo) {
		return openDashboard({...options, target: targetOf(host ?? nonEmpty(environment.HOLM_HOST) ?? ownHost, ownRoot)});
	}

	// Made once the first frame is drawn.
	let engine: MemoryEngine | undefined;
	try {
		return await openDashboard({
			...options,
			target: {title: 'demo', host: demoHost},
			async connect(showStep, target) {
				if (target.host !== demoHost) {
					return options.connect(showStep, target);
				}

				const {createMemoryEngine} = await import('../backends/memory/engine.js');
				engine ??= createMemoryEngine({lively: true, now: processContext.now});
				return engine;
			},
		});
	} finally {
		engine?.close();
	}
};

const runFound = async (argv: readonly string[], globals: GlobalFlags, processContext: ProcessContext): Promise<number> => {
	const {connect, openDockerHost, stdout, stderr, environment, workingDirectory, now} = processContext;
	const {findCommand} = await import('./find-command.js');
	const found = findCommand(argv);
	if (found.kind === 'group') {
		const {groupHelp} = await import('./help.js');
		stdout.write(groupHelp(found.name, found.group));
		return 0;
	}

	const root = globals.root ?? nonEmpty(environment.HOLM_ROOT);
	const {host} = globals;
	let engine: ReturnType<Context['engine']> | undefined;
	return runCommand(found, {
		get stdin() {
			return processContext.stdin;
		},
		stdout,
		stderr,
		environment,
		workingDirectory,
		now,
		root,
		host,
		async engine() {
			engine ??= connect({root, host});
			return engine;
		},
		runningEngine: async options => connect({
			root: options.root ?? root, host: options.host ?? host, canStart: false, canAsk: false,
		}),
		dockerHost: async () => openDockerHost({root, host}),
	});
};

/** Runs the command in `argv` and resolves with its exit status; prints a failure as one line on standard error. */
export const main = async (argv: readonly string[], processContext: ProcessContext): Promise<number> => {
	let isDebug = false;
	try {
		const {globals, rest} = await parseGlobals(argv);
		isDebug = globals.debug;
		if (globals.version) {
			const {packageVersion} = await import('../wire/package-version.js');
			processContext.stdout.write(`holm ${packageVersion()}\n`);
			return 0;
		}

		const [first, ...others] = rest;
		if (first === 'help' && others.length > 0) {
			return await runFound([...others, '--help'], globals, processContext);
		}

		if (first === 'help' || globals.help) {
			return await printOverview(processContext, true);
		}

		if (first === undefined) {
			return await openScreen(globals, processContext);
		}

		const flag = ([['demo', globals.demo], ['read-only', globals.readOnly], ['screen-reader', globals.screenReader]] as const).find(([, isGiven]) => isGiven)?.[0];
		if (flag) {
			throw new HolmError('invalid', `--${flag} is for the dashboard, not for ${first}`, {remedy: 'leave out the command, or the flag'});
		}

		return await runFound(rest, globals, processContext);
	} catch (error) {
		await report(processContext, error instanceof Failure ? error.cause : error, isDebug);
		return error instanceof Failure ? error.status : usageStatus;
	}
};
