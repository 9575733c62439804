import {
	appendFile,
	mkdir,
	readdir,
	readFile,
	rm,
	stat,
	truncate,
} from 'node:fs/promises';
import path from 'node:path';
import type {EventStore, NumberedEvent} from '../../engine/event-log.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {EngineEvent} from '../../engine/resources.js';
import {isMissing, orMissing} from './missing.js';

export type EventStoreOptions = {
	/** Holds nothing else. */
	readonly directory: string;
	/** Writes a line to the daemon's log. */
	readonly log: (line: string) => void;
	readonly now?: () => number;
	readonly limits?: Partial<typeof defaultLimits>;
};

const dayMs = 86_400_000;

const defaultLimits = {
	/** Of all files together; the file that is being written may exceed it. */
	totalBytes: 16 * 1024 * 1024,
	/** After so many bytes, or a day, events go to a new file. */
	fileBytes: 1024 * 1024,
	ageMs: 14 * dayMs,
	/** Number of events that wait while the disk does not take them. */
	waiting: 16_384,
	/** Until another attempt to write. */
	retryMs: 1000,
};

/** A file of events; its name is the number of its first one. */
type Segment = {
	readonly first: number;
	readonly file: string;
	bytes: number;
	/** When it was made. */
	readonly since: number;
	/** It ends with a part of a line, which could not be removed. */
	isTorn?: boolean;
};

const segmentName = /^(?<first>\d{15})\.jsonl$/v;

const types: ReadonlySet<unknown> = new Set<EngineEvent['type']>(['container', 'network', 'image', 'volume', 'daemon']);

const encodeLine = ({number, event: {time, type, action, id, attributes}}: NumberedEvent): string =>
	`${JSON.stringify({number, time, type, action, id, attributes})}\n`;

/** One line of a file; undefined if it is not one that `encodeLine` wrote. */
const decodeLine = (line: string): NumberedEvent | undefined => {
	let value: Partial<Record<'number' | keyof EngineEvent, unknown>> | null;
	try {
		value = JSON.parse(line) as typeof value;
	} catch {
		return undefined;
	}

	const {number, time, type, action, id, attributes} = value ?? {};
	if (!Number.isSafeInteger(number) || typeof time !== 'number' || !types.has(type) || typeof action !== 'string' || typeof id !== 'string' || typeof attributes !== 'object' || attributes === null || Object.values(attributes).some(text => typeof text !== 'string')) {
		return undefined;
	}

	return {number: Number(number), event: {
		time, type: type as EngineEvent['type'], action, id, attributes: attributes as EngineEvent['attributes'],
	}};
};

const isDamaged = (line: string): boolean => line !== '' && decodeLine(line) === undefined;

/**
Opens the events in a directory, one JSON line each, in files that are removed when they are old or too many.

A last line without its end, which a power cut or a kill leaves, is removed and logged. Events are not synced to the disk: they outlive the process, and all but the last ones a power cut. Throws `unavailable` if the directory cannot be used.
*/
export const openEventStore = async ({directory, log, now = Date.now, limits: given}: EventStoreOptions): Promise<EventStore> => {
	const limits = {...defaultLimits, ...given};
	const fileOf = (first: number) => path.join(directory, `${String(first).padStart(15, '0')}.jsonl`);

	const listSegments = async (): Promise<Segment[]> => {
		await mkdir(directory, {recursive: true, mode: 0o700});
		const names = (await readdir(directory)).toSorted();
		const segments: Segment[] = [];
		for (const name of names) {
			const first = segmentName.exec(name)?.groups?.first;
			const file = path.join(directory, name);
			if (first !== undefined) {
				const {size, birthtimeMs, mtimeMs} = await stat(file);
				segments.push({first: Number(first), file, bytes: size, since: birthtimeMs || mtimeMs});
			}
		}

		return segments;
	};

	/** Removes a torn last line, and returns the number after that of the last event. */
	const mend = async (segment: Segment): Promise<number> => {
		const bytes = await readFile(segment.file);
		const end = bytes.lastIndexOf(0x0A) + 1;
		if (end < bytes.length) {
			await truncate(segment.file, end);
			segment.bytes = end;
			log(`${segment.file}: its last event was not written completely, and ${bytes.length - end} bytes of it were dropped`);
		}

		const lines = bytes.toString('utf8', 0, end).split('\n');
		const last = lines.findLast(line => decodeLine(line) !== undefined);
		return Math.max(segment.first, last === undefined ? 0 : decodeLine(last)!.number + 1);
	};

	const segments = await listSegments();

	/** Removes the files that exceed the limits; the last one stays. */
	const prune = async () => {
		let total = segments.reduce((sum, {bytes}) => sum + bytes, 0);
		while (segments.length > 1) {
			const [oldest] = segments as [Segment];
			const {mtimeMs = 0} = await orMissing(stat(oldest.file)) ?? {};
			if (total <= limits.totalBytes && now() - mtimeMs <= limits.ageMs) {
				return;
			}

			await rm(oldest.file, {force: true});
			segments.shift();
			total -= oldest.bytes;
		}
	};

	const last = segments.at(-1);
	const next = last ? await mend(last) : 0;
	await prune();

	let waiting: NumberedEvent[] = [];
	/** Events that the disk did not take, since the last one that it took. */
	let lost = 0;
	let failure: string | undefined;
	let writing: Promise<void> | undefined;
	let retry: NodeJS.Timeout | undefined;
	const damaged = new Set<string>();

	const segmentFor = async (number: number, bytes: number): Promise<Segment> => {
		const current = segments.at(-1);
		const hasRoom = current && (current.bytes === 0 || current.bytes + bytes <= limits.fileBytes);
		if (hasRoom && !current.isTorn && now() - current.since < dayMs) {
			return current;
		}

		const segment = {first: number, file: fileOf(number), bytes: 0, since: now()};
		segments.push(segment);
		await prune();
		return segment;
	};

	/** Writes one batch, or leaves the file as it was. */
	const write = async (batch: readonly NumberedEvent[]) => {
		const text = batch.map(numbered => encodeLine(numbered)).join('');
		const bytes = Buffer.byteLength(text);
		const segment = await segmentFor(batch[0]!.number, bytes);
		try {
			await appendFile(segment.file, text, {mode: 0o600});
			segment.bytes += bytes;
		} catch (error) {
			segment.isTorn = await orMissing(truncate(segment.file, segment.bytes)).then(() => false, () => true);
			throw error;
		}
	};

	/** Writes all that waits, in batches of what has come meanwhile. */
	const writeAll = async () => {
		clearTimeout(retry);
		while (waiting.length > 0) {
			const batch = waiting;
			waiting = [];
			try {
				await write(batch);
			} catch (error) {
				waiting = [...batch, ...waiting];
				if (failure === undefined) {
					failure = messageOf(error);
					log(`events are not kept on disk: ${failure} (free some space, or check the disk of ${directory}; up to ${limits.waiting} events wait)`);
				}

				retry = setTimeout(begin, limits.retryMs).unref();
				return;
			}

			if (failure !== undefined || lost > 0) {
				log(`events are kept on disk again; ${lost} were not`);
				failure = undefined;
				lost = 0;
			}
		}
	};

	function begin() {
		writing ??= writeAll().finally(() => {
			writing = undefined;
			// One that came after the last look.
			if (waiting.length > 0 && failure === undefined) {
				begin();
			}
		});
	}

	const flush = async () => {
		begin();
		await writing;
	};

	async function * readSegment({file}: Segment): AsyncGenerator<NumberedEvent, void> {
		let text: string;
		try {
			text = await readFile(file, 'utf8');
		} catch (error) {
			if (isMissing(error)) {
				// Pruned meanwhile.
				return;
			}

			throw new HolmError('unavailable', `past events cannot be read from ${file}: ${messageOf(error)}`, {remedy: `check the disk of ${directory}; to go on without these events, move the file elsewhere`, cause: error});
		}

		const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
		for (const line of lines) {
			const numbered = line === '' ? undefined : decodeLine(line);
			if (numbered) {
				yield numbered;
			} else if (isDamaged(line) && !damaged.has(file)) {
				damaged.add(file);
				log(`${file}: ${lines.filter(other => isDamaged(other)).length} of its lines are no events and are passed over`);
			}
		}
	}

	async function * read({from, to, since}: Parameters<EventStore['read']>[0]): AsyncGenerator<NumberedEvent, void> {
		await flush();
		const oldest = Math.max(since, now() - limits.ageMs);
		const all = [...segments];
		for (const [index, segment] of all.entries()) {
			const following = all[index + 1];
			if (segment.first >= to || (following && following.first <= from)) {
				continue;
			}

			// Its last event is as old as its last change.
			const {mtimeMs = 0} = await orMissing(stat(segment.file)) ?? {};
			if (Math.ceil(mtimeMs) < oldest) {
				continue;
			}

			for await (const numbered of readSegment(segment)) {
				if (numbered.number >= from && numbered.number < to && numbered.event.time >= oldest) {
					yield numbered;
				}
			}
		}
	}

	return {
		next,
		append(numbered) {
			waiting.push(numbered);
			if (waiting.length > limits.waiting) {
				waiting.shift();
				lost++;
			}

			if (failure === undefined) {
				begin();
			}
		},
		read,
		flush,
	};
};

/** The same, or undefined if the directory cannot be used: without it an engine goes on with the events in memory. */
export const tryEventStore = async (options: EventStoreOptions): Promise<EventStore | undefined> => {
	try {
		return await openEventStore(options);
	} catch (error) {
		options.log(`events are kept in memory only, because ${options.directory} cannot be used: ${messageOf(error)}`);
		return undefined;
	}
};
