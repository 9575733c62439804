import {Buffer} from 'node:buffer';
import type {LogEntry} from '../../engine/resources.js';

/** Bytes that may wait for one viewer before the process waits for it, as in Docker. */
const patience = 1_000_000;

export type Viewer = {
	/** Receives bytes of one stream. */
	readonly receive: (stream: LogEntry['stream'], bytes: Uint8Array) => void;
	readonly waiting: () => number;
	/** Resolves when fewer bytes wait, or when the viewer has left. */
	readonly drained: () => Promise<void>;
	/** The process has ended. */
	readonly end: () => void;
};

/** Distributes the output of a container: to the log line by line, to attached viewers at once. */
export type OutputHub = {
	/** Attaches a viewer; the result detaches it. */
	readonly add: (viewer: Viewer) => () => void;
	readonly write: (stream: LogEntry['stream'], bytes: Uint8Array, at?: number) => Promise<void>;
	/** Lines without an end, which the log does not have yet. */
	readonly begun: () => Readonly<Record<LogEntry['stream'], Uint8Array>>;
	/** The process has ended: writes lines without an end to the log and detaches all viewers. */
	readonly end: () => void;
};

/** A longer line is several entries of the log, as in Docker. */
const maximumLine = 16 * 1024;

const lineFeed = 10;

export const createOutputHub = (append: (stream: LogEntry['stream'], bytes: Uint8Array, at?: number) => void): OutputHub => {
	const viewers = new Set<Viewer>();
	const begun: Record<LogEntry['stream'], Buffer> = {stdout: Buffer.alloc(0), stderr: Buffer.alloc(0)};

	const log = (stream: LogEntry['stream'], bytes: Uint8Array, at?: number) => {
		// A copy: the writer may use its buffer again.
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
