import {StringDecoder} from 'node:string_decoder';
import type {Engine} from '../../engine/engine.js';
import {messageOf} from '../../engine/errors.js';
import type {Container, EngineEvent, LogEntry} from '../../engine/resources.js';
import type {Data, Setting, View} from '../work/controller.js';
import type {Dialog} from '../state/ui-state.js';
import {
	endedAt,
	endedLines,
	endedOf,
	isOfMachine,
	type Ended,
	type LastLines,
} from './ended.js';
import {endsOf, type EventEnd} from './event-ends.js';

/** Lines of a log and of a console. */
const wanted = {stderr: 10, stdout: 10, boot: 8} as const;

/** Milliseconds for the last lines to come. */
const patience = 3000;

/** Milliseconds that output may come after the end of its process. */
const lateOutput = 2000;

/** The lines of log entries, of which several may be pieces of one. */
const linesOf = async (entries: AsyncIterable<LogEntry>, count: number): Promise<readonly string[]> => {
	const decoder = new StringDecoder('utf8');
	let text = '';
	for await (const {bytes} of entries) {
		// The last ones count; a hostile line may be long.
		text = (text + decoder.write(bytes)).slice(-64 * 1024);
	}

	return process.getBuiltinModule('node:util').stripVTControlCharacters(text).replace(/\n$/v, '').split('\n').map(line => line.trimEnd()).filter(line => line !== '').slice(-count);
};

/** The last lines before an end. */
const readLastLines = async (store: Data['store'], {id}: Container, ended: Ended): Promise<LastLines> => {
	const signal = AbortSignal.timeout(patience);
	const {at, startedAt, exit} = ended;
	const hasRun = exit?.cause.kind !== 'start';
	const read = async (engine: Engine, stream: 'stdout' | 'stderr') => hasRun
		? linesOf(engine.logs(id, {
			tail: wanted[stream],
			stdout: stream === 'stdout',
			stderr: stream === 'stderr',
			since: startedAt > 0 ? Math.floor(startedAt) : undefined,
			until: at + lateOutput,
			signal,
		}), wanted[stream])
		: [];
	try {
		const engine = store.engine();
		const stderr = await read(engine, 'stderr');
		return {
			stderr,
			stdout: stderr.length === 0 ? await read(engine, 'stdout') : [],
			boot: isOfMachine(ended) && engine.bootLog ? await linesOf(engine.bootLog(id, {tail: wanted.boot, signal}), wanted.boot) : [],
		};
	} catch (error) {
		return {stderr: [], stdout: [], boot: [], failure: messageOf(error)};
	}
};

/** Shows why a container ended, which may be gone. Its last lines follow when they are read. */
export const showEnd = async (
	{store, open, set, getState, isSpoken, now}: View & Data & Setting,
	name: string,
	ended: Ended,
	container: Container | undefined,
): Promise<void> => {
	const report = (lines?: LastLines): Extract<Dialog, {type: 'report'}> => ({
		type: 'report', title: `Why ${name} ended`, lines: endedLines(ended, {container, lines, now: now()}), top: 0,
	});
	const first = report();
	// A screen reader would read what changes twice.
	if (!container || !isSpoken) {
		open(first);
	}

	if (!container) {
		return;
	}

	const whole = report(await readLastLines(store, container, ended));
	const {dialog} = getState();
	if (isSpoken) {
		open(whole);
	} else if (dialog?.type === 'report' && dialog.lines === first.lines) {
		set({dialog: {...whole, top: dialog.top}});
	}
};

/** Who ended a container last, as far as the events say. */
const whoOf = (events: readonly EngineEvent[], id: string): string | undefined => {
	const last = [...endsOf(events)].findLast(([event]) => event.id === id);
	return last?.[1].who;
};

/** How a container ended that does not run. */
export const lastEndOf = ({store}: Data, container: Container): Ended | undefined =>
	container.status.state === 'running' || container.status.state === 'paused'
		? undefined
		: endedOf(container, whoOf(store.getState().events, container.id));

/** Shows why the run ended that an event tells of. */
export const showEventEnd = async (controller: View & Data & Setting, event: EngineEvent, end: EventEnd): Promise<void> => {
	const container = controller.store.getState().snapshot?.containers.find(({id}) => id === event.id);
	await showEnd(controller, container?.name ?? event.attributes.name ?? event.id.slice(0, 12), endedAt(event, end, container), container);
};
