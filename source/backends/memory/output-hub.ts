import {Buffer} from 'node:buffer';
import type {LogEntry} from '../../engine/resources.js';

export type Viewer = {
	/** Receives bytes of one stream. Resolves when the process may go on: few bytes wait, or the viewer has left. */
	readonly write: (stream: LogEntry['stream'], bytes: Uint8Array) => Promise<void>;
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
		let rest = Buffer.concat([begun[stream], bytes]);
		for (;;) {
			const end = rest.indexOf(lineFeed) + 1 || Infinity;
			const length = Math.min(end, maximumLine);
			if (length > rest.length) {
				break;
			}

			append(stream, rest.subarray(0, length), at);
			rest = rest.subarray(length);
		}

		begun[stream] = rest;
	};

	return {
		add(viewer) {
			viewers.add(viewer);
			return () => {
				viewers.delete(viewer);
			};
		},
		async write(stream, bytes, at) {
			if (bytes.length > 0) {
				log(stream, bytes, at);
				await Promise.all([...viewers].map(async viewer => viewer.write(stream, bytes)));
			}
		},
		begun: () => begun,
		end() {
			for (const stream of ['stdout', 'stderr'] as const) {
				if (begun[stream].length > 0) {
					append(stream, begun[stream]);
					begun[stream] = Buffer.alloc(0);
				}
			}

			for (const viewer of viewers) {
				viewer.end();
			}

			viewers.clear();
		},
	};
};
