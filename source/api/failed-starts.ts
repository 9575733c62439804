import type {Engine} from '../engine/engine.js';
import {asHolmError, HolmError} from '../engine/errors.js';

/**
Effects of a failed start that Docker's clients expect beside the error. Holm's own clients undo their steps themselves and do not use it.
*/
export type FailedStarts = {
	/** Aborts if a start of the container fails, to end sessions attached before the start. */
	watch: (containerId: string) => {readonly signal: AbortSignal; readonly forget: () => void};
	/** Ends the sessions attached to a container whose start failed, and removes the container if it has AutoRemove. */
	end: (engine: Engine, reference: string) => Promise<void>;
};

/** Docker's clients recognize a missing or non-executable command by these words, and derive a shell's exit status from them. */
const words = new Map([
	['command-not-found', {known: /executable file not found|no such file or directory/v, added: 'executable file not found in $PATH'}],
	['not-executable', {known: /permission denied|is a directory/v, added: 'permission denied'}],
]);

/** Whether a failure is the command's and not the engine's. */
export const isOfProgram = (error: HolmError): boolean => words.has(error.code);

/** The error with the words that Docker's clients recognize. */
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
				// The start's failure is the one to report.
			}
		},
	};
};
