import type {Engine} from '../../engine/engine.js';
import {HolmError} from '../../engine/errors.js';
import type {Context} from '../command.js';
import {defaultDetachKeys, parseDetachKeys} from '../../terminal/detach-keys.js';
import {followSize, joinSession, type SessionOptions} from '../../terminal/session.js';
import {proxySignals} from '../terminal/signals.js';

/** The flags of every command that attaches to a container. */
/** Throws `invalid` for `-it` if standard input is no terminal. */
export const checkTerminal = ({stdin}: Pick<Context, 'stdin'>, {terminal, input, detachKeys}: {readonly terminal: boolean; readonly input: boolean; readonly detachKeys: string}): void => {
	if (terminal && input && stdin.isTTY !== true) {
		throw new HolmError('invalid', 'the input device is not a TTY', {remedy: 'leave out -t, or call it from a terminal'});
	}

	parseDetachKeys(detachKeys);
};

export type AttachedOptions = SessionOptions & {
	readonly terminal: boolean;
	/** The container is removed at its end, so that the wait for its exit status has to begin before. */
	readonly autoRemove: boolean;
	readonly sigProxy: boolean;
	/** Starts the container once it is attached, if it does not run yet. */
	readonly start?: () => Promise<void>;
};

/**
Attaches to a container, starts it if requested, so that no output is lost, and resolves with its exit status, or with 0 after the detach keys.

A container with AutoRemove is removed when this resolves.
*/
export const runAttached = async (
	context: Context,
	engine: Engine,
	id: string,
	{terminal, autoRemove, sigProxy, start, ...sessionOptions}: AttachedOptions,
): Promise<number> => {
	const waiting = new AbortController();
	const removed = autoRemove ? engine.waitContainer(id, 'removed', waiting.signal) : undefined;
	removed?.catch(() => undefined);
	const started = Promise.withResolvers<void>();
	const insisted = Promise.withResolvers<never>();
	insisted.promise.catch(() => undefined);
	const undo: Array<() => void> = [() => {
		waiting.abort();
	}];
	try {
		const session = await engine.attachContainer(id, {stdin: sessionOptions.stdin});
		undo.push(session.close);
		if (sigProxy) {
			// A signal that arrives before the start waits for it.
			undo.push(proxySignals(async signal => {
				await started.promise;
				await engine.killContainer(id, signal);
			}, () => {
				insisted.reject(new HolmError('conflict', `the container was told to end three times and goes on: ${id.slice(0, 12)}`, {remedy: `holm stop ${id.slice(0, 12)} ends it`}));
			}));
		}

		const leaving = new AbortController();
		const joined = joinSession(session, context, {...sessionOptions, signal: leaving.signal});
		joined.catch(() => undefined);
		try {
			await start?.();
		} catch (error) {
			// Restores the terminal before the error is printed.
			leaving.abort();
			await Promise.allSettled([joined]);
			throw error;
		}

		started.resolve();
		if (terminal) {
			undo.push(followSize(context.stdout, async size => engine.resizeContainer(id, size)));
		}

		if (await Promise.race([joined, insisted.promise]) === 'detached') {
			return 0;
		}

		const {exitCode} = await Promise.race([removed ?? engine.waitContainer(id), insisted.promise]);
		return exitCode;
	} finally {
		for (const step of undo) {
			step();
		}
	}
};
