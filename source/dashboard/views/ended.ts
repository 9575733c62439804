import {causeWords, exitCodeWords, isFailure} from '../../engine/exit-words.js';
import type {Container, EngineEvent, Exit} from '../../engine/resources.js';
import {humanDuration} from '../../text/durations.js';
import {clean} from '../../text/fit.js';
import {binarySize} from '../../text/sizes.js';
import type {EventEnd} from './event-ends.js';
import {localTime} from './event-rows.js';

/** The last lines of what an ended container and its machine have written. */
export type LastLines = {
	readonly stderr: readonly string[];
	/** Only if there is nothing on standard error. */
	readonly stdout: readonly string[];
	/** Of the machine's console; only for an end that it may explain. */
	readonly boot: readonly string[];
	/** Why the lines could not be read. */
	readonly failure?: string;
};

/** How a container ended, with what its engine does not know left out. */
export type Ended = {
	readonly at: number;
	/** 0 if it never ran, or if that is not known. */
	readonly startedAt: number;
	readonly exitCode: number;
	/** The engine's own account of the end. */
	readonly exit?: Exit;
	readonly outOfMemory?: boolean;
	/** The engine's error, if it says no more. */
	readonly error?: string;
	/** What the events say, if the engine says no more. */
	readonly who?: string;
};

/** Milliseconds by which an event and a container's own times may differ. */
const clockTolerance = 5000;

/** How a container ended last, as the container says; undefined if it has not ended. `who` is what the events say. */
export const endedOf = ({status, lastExit}: Container, who?: string): Ended | undefined => {
	if (lastExit) {
		return {at: lastExit.at, startedAt: lastExit.startedAt, exitCode: lastExit.exitCode, exit: lastExit};
	}

	switch (status.state) {
		case 'exited': {
			const {finishedAt: at, startedAt, exitCode, outOfMemory, reason: error} = status;
			return {at, startedAt, exitCode, outOfMemory, error, who};
		}

		case 'restarting': {
			return {at: status.finishedAt, startedAt: 0, exitCode: status.exitCode, who};
		}

		case 'created':
		case 'running':
		case 'paused': {
			return undefined;
		}
	}
};

/** How the run ended that an event tells of: as the container says, if that is its last run, or else as the event does. */
export const endedAt = (event: EngineEvent, end: EventEnd, container: Container | undefined): Ended => {
	const last = container && endedOf(container, end.who);
	if (last?.exitCode === end.exitCode && Math.abs(last.at - event.time) <= clockTolerance) {
		return last;
	}

	const duration = Number(event.attributes.execDuration ?? NaN);
	return {at: event.time, startedAt: Number.isNaN(duration) ? 0 : event.time - (duration * 1000), exitCode: end.exitCode, who: end.who};
};

const whoWords = ({exit, who, outOfMemory}: Ended): string => {
	if (exit) {
		return causeWords(exit);
	}

	return outOfMemory ? 'it ran out of memory' : who ?? 'not known';
};

const memoryWords = ({memoryPeakBytes, memoryLimitBytes}: Exit): string | undefined => {
	if (memoryPeakBytes === undefined) {
		return memoryLimitBytes === undefined ? undefined : `not known; its limit is ${binarySize(memoryLimitBytes)}`;
	}

	return memoryLimitBytes
		? `at most ${binarySize(memoryPeakBytes)} of ${binarySize(memoryLimitBytes)}, ${Math.round(memoryPeakBytes / memoryLimitBytes * 100)}%`
		: `at most ${binarySize(memoryPeakBytes)}`;
};

const restartWords = ({restartCount, configuration: {restartPolicy: {name, maximumRetryCount}}}: Container): string =>
	`${restartCount}, policy ${name}${name === 'on-failure' && maximumRetryCount > 0 ? `, at most ${maximumRetryCount}` : ''}`;

/** Whether the console of its machine may explain an end. */
export const isOfMachine = ({exit}: Ended): boolean => exit !== undefined && ['panic', 'machine', 'start'].includes(exit.cause.kind);

const megabyte = 1024 ** 2;

/** Twice the memory, as an argument. */
const moreMemory = ({configuration, machine}: Container, {exit}: Ended): string => {
	const bytes = exit?.memoryLimitBytes ?? configuration.memory ?? machine?.memoryBytes ?? 512 * megabyte;
	return `${Math.ceil(bytes / megabyte) * 2}m`;
};

/** What to do next, as commands with what they are for. */
export const nextSteps = (container: Container, ended: Ended): readonly string[] => {
	const {name, configuration: {image}, status} = container;
	const {exit, exitCode, outOfMemory} = ended;
	const start = status.state === 'exited' || status.state === 'created' ? [`holm start ${name}`] : [];
	if (outOfMemory || exit?.cause.kind === 'out-of-memory') {
		return [`holm update --memory ${moreMemory(container, ended)} ${name}  # twice the memory`, ...start];
	}

	if (exitCode === 126 || exitCode === 127) {
		return [
			`holm inspect -f '{{.Path}} {{.Args}}' ${name}  # what was to be run`,
			`holm run --rm -it --entrypoint sh ${image}  # look for it in the image`,
		];
	}

	if (isOfMachine(ended)) {
		return [`holm logs --boot ${name}  # what its machine printed`, 'holm doctor  # what this host lacks', ...start];
	}

	const isBad = exit ? isFailure(exit) : exitCode !== 0 && ended.who === undefined;
	return isBad ? [`holm logs --tail 100 ${name}`, ...start] : start;
};

const section = (title: string, lines: readonly string[]): readonly string[] =>
	lines.length === 0 ? [] : ['', title, ...lines.map(line => `  ${clean(line)}`)];

type Shown = {
	/** Undefined if it is gone. */
	readonly container: Container | undefined;
	readonly lines?: LastLines;
	readonly now: number;
};

/** Everything that is known of an end. Indented lines are output and commands. */
export const endedLines = (ended: Ended, {container, lines, now}: Shown): readonly string[] => {
	const {at, startedAt, exitCode, exit, error} = ended;
	const memory = exit && memoryWords(exit);
	const ran = startedAt > 0 ? `, after it had run for ${humanDuration(Math.max(0, at - startedAt)).toLowerCase()}` : '';
	const hasRunAgain = container !== undefined && 'startedAt' in container.status && container.status.startedAt > at;
	return [
		`Ended ${humanDuration(Math.max(0, now - at)).toLowerCase()} ago, at ${localTime(at, now)}${ran}`,
		Number.isNaN(exitCode) ? 'Exit status: not known' : `Exit status: ${exitCode}, ${exitCodeWords(exitCode)}`,
		`Ended by: ${clean(whoWords(ended))}`,
		...error === undefined || error === '' ? [] : [`Error: ${clean(error)}`],
		...memory === undefined ? [] : [`Memory: ${memory}`],
		...container ? [`Restarts: ${restartWords(container)}`] : ['The container is gone: what is here is from its events'],
		...hasRunAgain ? ['It has been started again since'] : [],
		...section('Last lines of its standard error', lines?.stderr ?? []),
		...section('Nothing on standard error; last lines of its output', lines?.stdout ?? []),
		...section('Last lines of its machine\'s console', lines?.boot ?? []),
		...lines?.failure === undefined ? [] : ['', `Its last lines could not be read: ${clean(lines.failure)}`],
		...container ? section('Next', nextSteps(container, ended)) : [],
	];
};
