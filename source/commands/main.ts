import {asHolmError, exitStatusOf} from '../errors.js';
import type {Context} from './command.js';
import {parseArguments} from './parse-arguments.js';
import {splitArguments} from './split-arguments.js';
import {findCommand} from './find-command.js';
import {checkArity} from './usage.js';

/** Where the program's own surroundings come in; the engine is the commands' to ask for. */
export type Surroundings = Omit<Context, 'engine' | 'root' | 'host'> & {
	readonly connect: (options: {readonly root?: string; readonly host?: string}) => ReturnType<Context['engine']>;
};

/** A request that could not be understood, as `docker`, `git` and meow have it. */
const usageStatus = 2;

const report = async ({stderr, environment}: Surroundings, error: unknown, debug: boolean): Promise<void> => {
	const {errorLine} = await import('./references.js');
	stderr.write(`${errorLine(error)}\n`);
	if (debug || environment.HOLM_DEBUG) {
		const {inspect} = await import('node:util');
		stderr.write(`${inspect(asHolmError(error))}\n`);
	}
};

type GlobalFlags = {readonly root?: string; readonly host?: string; readonly debug: boolean; readonly version: boolean; readonly help: boolean};

/** The flags before the command. They are few and fixed, and the parser is left for the command's own. */
const parseGlobals = async (argv: readonly string[]): Promise<{readonly globals: GlobalFlags; readonly rest: readonly string[]}> => {
	if (!argv[0]?.startsWith('-')) {
		return {globals: {debug: false, version: false, help: false}, rest: argv};
	}

	const [{globalFlags}, {withHelpFlag}] = await Promise.all([import('./help.js'), import('./parse-arguments.js')]);
	const {flags, input} = splitArguments(argv, withHelpFlag(globalFlags), {name: '', flagsEndAtFirstArgument: true});
	const values = new Map(flags.map(flag => flag.slice(2).split(/=(.*)/s, 2) as [string, string]));
	return {
		globals: {
			root: values.get('root'),
			host: values.get('host'),
			debug: values.get('debug') === 'true',
			version: values.get('version') === 'true',
			help: values.get('help') === 'true',
		},
		rest: input,
	};
};

/** Runs the command that the arguments name and resolves with the exit status; every failure is one line on standard error. */
export const main = async (argv: readonly string[], surroundings: Surroundings): Promise<number> => {
	const {connect, environment, stdout, stderr} = surroundings;
	let isDebug = false;
	let failureStatus = usageStatus;
	try {
		const {globals, rest} = await parseGlobals(argv);
		isDebug = globals.debug;
		if (globals.version) {
			const {packageVersion} = await import('./system/version.js');
			stdout.write(`holm ${packageVersion()}\n`);
			return 0;
		}

		const [first, ...others] = rest;
		if (globals.help || first === undefined || first === 'help') {
			if (others.length > 0) {
				return await main([...others, '--help'], surroundings);
			}

			const {overview} = await import('./help.js');
			const isAsked = globals.help || first === 'help' || stdout.isTTY === true;
			(isAsked ? stdout : stderr).write(await overview());
			return isAsked ? 0 : usageStatus;
		}

		const found = findCommand(rest);
		if (found.kind === 'group') {
			const {groupHelp} = await import('./help.js');
			stdout.write(await groupHelp(found.name, found.group));
			return 0;
		}

		const root = globals.root ?? (environment.HOLM_ROOT || undefined);
		const host = globals.host ?? (environment.HOLM_HOST || undefined);
		let engine: ReturnType<Context['engine']> | undefined;
		const {command} = await found.entry.load();
		failureStatus = command.exitsAsProcess ? 125 : usageStatus;
		const context: Context = {
			...surroundings,
			root,
			host,
			async engine() {
				engine ??= connect({root, host});
				return engine;
			},
		};
		const parsed = parseArguments(found.rest, command, found.name);
		if (parsed.help) {
			const {commandHelp} = await import('./help.js');
			stdout.write(commandHelp(found.name, command));
			return 0;
		}

		checkArity(found.name, command.usage, parsed.input);
		try {
			return (await command.run(context, parsed.flags, parsed.input)) ?? 0;
		} catch (error) {
			failureStatus = command.exitsAsProcess ? exitStatusOf(error) : 1;
			throw error;
		}
	} catch (error) {
		await report(surroundings, error, isDebug);
		return failureStatus;
	}
};
