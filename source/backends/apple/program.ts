import {HolmError} from '../../engine/errors.js';
import {escapeControls} from '../../text/escape.js';
import {collect, type Collected, type CollectOptions} from './collect.js';
import {failureOf} from './failures.js';
import type {Found} from './find-program.js';
import type {Transport} from './transport.js';

/** Apple's program, found on its host. */
export type Program = Found & {
	readonly transport: Transport;
	/** Runs it to its end, whatever its status. */
	readonly attempt: (argv: readonly string[], options?: CollectOptions) => Promise<Collected>;
	/** The same; throws the error of a status other than 0. */
	readonly run: (argv: readonly string[], options?: CollectOptions) => Promise<Collected>;
	/** The document that it prints. Throws `internal` for what is none. */
	readonly json: (argv: readonly string[]) => Promise<unknown>;
	/** Runs a script of POSIX's shell on its host, with words as `$1` and so on. */
	readonly shell: (script: string, words: readonly string[], options?: CollectOptions) => Promise<Collected>;
};

/** What to give `attempt` for work that may take as long as it takes. */
export const unlimited = {limitMs: Infinity} as const;

const parse = (text: string, argv: readonly string[], where: string): unknown => {
	try {
		return JSON.parse(text) as unknown;
	} catch (error) {
		throw new HolmError('internal', `container ${argv.slice(0, 2).join(' ')} on ${where} printed what is not JSON: ${escapeControls(text.slice(0, 80))}${text.length > 80 ? '…' : ''}`, {
			remedy: 'check whether that program is Apple\'s container, and its version', cause: error,
		});
	}
};

export const createProgram = (transport: Transport, found: Found, limitMs?: number): Program => {
	const attempt: Program['attempt'] = async (argv, options) => collect(transport, [found.path, ...argv], {limitMs, ...options});
	const run: Program['run'] = async (argv, options) => {
		const collected = await attempt(argv, options);
		if (collected.exitCode !== 0) {
			throw failureOf({...collected, argv, where: transport.name});
		}

		return collected;
	};

	return {
		...found,
		transport,
		attempt,
		run,
		async json(argv) {
			const {stdout} = await run(argv);
			return parse(stdout.toString(), argv, transport.name);
		},
		shell: async (script, words, options) => collect(transport, ['/bin/sh', '-c', script, 'sh', ...words], {limitMs, ...options}),
	};
};
