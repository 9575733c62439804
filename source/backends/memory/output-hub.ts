import {Buffer} from 'node:buffer';
import type {LogEntry} from '../../engine/resources.js';

/** As many bytes may wait for one viewer before the process has to wait for it, as in Docker. */
const patience = 1_000_000;

export type Viewer = {
	/** Takes bytes of one stream; how many wait to be read. */
	readonly receive: (stream: LogEntry['stream'], bytes: Uint8Array) => void;
	readonly waiting: () => number;
	/** Resolves when less is waiting, or when it has left. */
	readonly drained: () => Promise<void>;
	/** The process has ended. */
	readonly end: () => void;
};

/** Where the output of a container goes: the log, line by line, and everybody who is attached, at once. */
export type OutputHub = {
	/** Lets a viewer see what comes from now on; the result ends that. */
	readonly add: (viewer: Viewer) => () => void;
	readonly write: (stream: LogEntry['stream'], bytes: Uint8Array, at?: number) => Promise<void>;
	/** Beginnings of lines that have no end yet, which the log does not have. */
	readonly begun: () => Readonly<Record<LogEntry['stream'], Uint8Array>>;
	/** The process has ended: lines without an end go to the log as they are, and the viewers leave. */
	readonly end: () => void;
};

/** A line of this length goes to the log in pieces, as in Docker. */
const maximumLine = 16 * 1024;

const lineFeed = 10;

export const createOutputHub = (append: (stream: LogEntry['stream'], bytes: Uint8Array, at?: number) => void): OutputHub => {
	const viewers = new Set<Viewer>();
	const begun: Record<LogEntry['stream'], Buffer> = {stdout: Buffer.alloc(0), stderr: Buffer.alloc(0)};

	const log = (stream: LogEntry['stream'], bytes: Uint8Array, at?: number) => {
		// The log keeps what a writer may use again.
		const data = Buffer.concat([begun[stream], bytes]);
		let from = 0;
		for (let end = data.indexOf(lineFeed); end !== -1; end = data.indexOf(lineFeed, from)) {
			for (; end + 1 - from > maximumLine; from += maximumLine) {
				append(stream, data.subarray(from, from + maximumLine), at);
			}

			append(stream, data.subarray(from, end + 1), at);
			from = end + 1;
		}

		for (; data.length - from >= maximumLine; from += maximumLine) {
			append(stream, data.subarray(from, from + maximumLine), at);
		}

		begun[stream] = data.subarray(from);
	};

	return {
		add(viewer) {
			viewers.add(viewer);
			return () => {
				viewers.delete(viewer);
			};
		},
		async write(stream, bytes, at) {
			if (bytes.length === 0) {
				return;
			}

			log(stream, bytes, at);
			for (const viewer of viewers) {
				viewer.receive(stream, bytes);
			}

			for (const viewer of viewers) {
				if (viewer.waiting() > patience) {
					await viewer.drained();
				}
			}
		},
		begun: () => begun,
		end() {
			for (const stream of ['stdout', 'stderr'] as const) {
				if (begun[stream].length === 0) {
					continue;
				}

				append(stream, begun[stream]);
				begun[stream] = Buffer.alloc(0);
			}

			for (const viewer of viewers) {
				viewer.end();
			}

			viewers.clear();
		},
	};
};
