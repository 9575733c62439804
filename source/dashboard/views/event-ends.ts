import {exitCodeWords, signalName} from '../../engine/exit-words.js';
import type {EngineEvent} from '../../engine/resources.js';

/** What a `die` event, with those around it, says of the end of a container. */
export type EventEnd = {
	readonly exitCode: number;
	/** Neither an end with status 0 nor one that was asked for. */
	readonly isFailure: boolean;
	/** Who or what ended it; undefined if that is not known. */
	readonly who?: string;
};

type Signal = {readonly number: number; readonly time: number};

/** Signals that are meant to end a process: SIGHUP, SIGINT, SIGQUIT, SIGKILL and SIGTERM. */
const endingSignals: ReadonlySet<number> = new Set([1, 2, 3, 9, 15]);

/** Milliseconds between a signal and an end that is its effect. */
const effectMs = 10_000;

/** Milliseconds between the end of a container and the event that its stop is over. */
const afterStopMs = 2000;

const causes: Readonly<Record<string, (by: string) => string>> = {
	process: () => 'ended by itself',
	stop: by => `stopped by ${by}`,
	restart: by => `restarted by ${by}`,
	kill: by => `signal from ${by}`,
	remove: by => `removed by ${by}`,
	engine: () => 'stopped with the engine',
	'out-of-memory': () => 'out of memory',
	panic: () => 'its kernel panicked',
	machine: () => 'its machine ended',
	start: () => 'its process could not be started',
};

const requests: ReadonlySet<string> = new Set(['stop', 'restart', 'kill', 'remove', 'engine']);

/** The end as Holm's own engine describes it. */
const saidEnd = ({exitCode, cause = '', by = ''}: EngineEvent['attributes'], hasBy: boolean): EventEnd | undefined => {
	const code = Number(exitCode);
	const words = Object.hasOwn(causes, cause) && hasBy ? causes[cause] : undefined;
	return words && {exitCode: code, isFailure: !requests.has(cause) && (cause !== 'process' || code !== 0), who: words(by)};
};

/** The end by what other engines send around it. */
const guessedEnd = ({time, attributes}: EngineEvent, signal: Signal | undefined): EventEnd => {
	const exitCode = Number(attributes.exitCode ?? NaN);
	const isSoon = signal !== undefined && endingSignals.has(signal.number) && time - signal.time <= effectMs;
	const isEffect = signal !== undefined && (isSoon || exitCode === 128 + signal.number);
	return {exitCode, isFailure: exitCode !== 0 && !isEffect, who: isEffect ? `a client sent ${signalName(signal.number)}` : undefined};
};

/** The ends among events, which are in the order of their times. */
export const endsOf = (events: readonly EngineEvent[]): ReadonlyMap<EngineEvent, EventEnd> => {
	const ends = new Map<EngineEvent, EventEnd>();
	const signals = new Map<string, Signal>();
	const lastEnds = new Map<string, EngineEvent>();
	for (const event of events) {
		const {type, action, id, time, attributes} = event;
		if (type !== 'container') {
			continue;
		}

		switch (action) {
			case 'start': {
				signals.delete(id);
				break;
			}

			case 'kill': {
				signals.set(id, {number: Number(attributes.signal), time});
				break;
			}

			case 'die': {
				ends.set(event, saidEnd(attributes, 'by' in attributes) ?? guessedEnd(event, signals.get(id)));
				lastEnds.set(id, event);
				break;
			}

			case 'stop': {
				const died = lastEnds.get(id);
				const end = died && ends.get(died);
				if (end?.isFailure && end.who === undefined && time - died!.time <= afterStopMs) {
					ends.set(died!, {...end, isFailure: false, who: 'stopped by a client'});
				}

				break;
			}

			default:
		}
	}

	return ends;
};

/** An end in words: `exit 137, killed (SIGKILL), stopped by holm (user ann)`. */
export const endWords = ({exitCode, who}: EventEnd): string => [
	Number.isNaN(exitCode) ? 'exit status not known' : `exit ${exitCode}`,
	...exitCode > 0 ? [exitCodeWords(exitCode)] : [],
	...who === undefined ? [] : [who],
].join(', ');
