import type {Engine} from '../engine/engine.js';
import {asHolmError, HolmError} from '../engine/errors.js';

/**
What Docker's clients expect of a process that could not be started, beyond the error that says so. Ours undo their own steps, so that none of it is for them.
*/
export type FailedStarts = {
	/** Aborts when a start of the container fails: whoever attached to see it start has nothing to wait for. */
	watch: (containerId: string) => {readonly signal: AbortSignal; readonly forget: () => void};
	/** Ends the sessions that wait for a container whose start failed, and removes it where it was to remove itself. */
	end: (engine: Engine, reference: string) => Promise<void>;
};

/** Docker's clients find out by these words that a program is missing or cannot be run, and take the exit status of a shell from them. */
const words = new Map([
	['command-not-found', {known: /executable file not found|no such file or directory/v, added: 'executable file not found in $PATH'}],
	['not-executable', {known: /permission denied|is a directory/v, added: 'permission denied'}],
]);

/** Whether a failure is one of the program to be run, and not of the engine. */
export const isOfProgram = (error: HolmError): boolean => words.has(error.code);

/** The error in words that Docker's clients understand. */
export const inDockersWords = (error: unknown): unknown => {
	const given = asHolmError(error);
	const wanted = words.get(given.code);
	return wanted === undefined || wanted.known.test(given.message)
		? error
		: new HolmError(given.code, `${given.message}: ${wanted.added}`, {remedy: given.remedy, cause: error});
};

export const createFailedStarts = (): FailedStarts => {
	const watchers = new Map<string, Set<AbortController>>();
	return {
		watch(containerId) {
			const controller = new AbortController();
			const controllers = watchers.get(containerId) ?? new Set();
			watchers.set(containerId, controllers.add(controller));
			return {
				signal: controller.signal,
				forget() {
					controllers.delete(controller);
					if (controllers.size === 0) {
						watchers.delete(containerId);
					}
				},
			};
		},
		async end(engine, reference) {
			try {
				const {id, configuration} = await engine.container(reference);
				for (const controller of watchers.get(id) ?? []) {
					controller.abort();
				}

				if (configuration.autoRemove) {
					await engine.removeContainer(id, {force: true, volumes: true});
				}
			} catch {
				// The failure that matters is the start's.
			}
		},
	};
};
