import {HolmError} from '../../engine/errors.js';
import type {Container} from '../../engine/resources.js';
import {createWake} from '../../engine/wake.js';
import type {FileTree} from './file-tree.js';
import {createLogRing} from './log-ring.js';
import {createOutputHub} from './output-hub.js';
import {createPipe} from './pipe.js';
import type {ContainerRecord, Run, State} from './state.js';
import {treeMounts} from './volumes.js';

/** Nanoseconds between the entries of one millisecond. */
const step = 1731;

/**
The timestamps of one log: RFC 3339 with nanoseconds, each later than the one before.

The clock has milliseconds, in which a log may have many lines.
*/
const createStamp = (now: () => number): ((at?: number) => string) => {
	let last = 0;
	let nanoseconds = 0;
	let prefix = '';
	return (at = now()) => {
		// Also after the clock was set back.
		const milliseconds = Math.max(Math.floor(at), last);
		if (milliseconds > last || prefix === '') {
			last = milliseconds;
			nanoseconds = milliseconds * 7919 % 100_000;
			prefix = new Date(milliseconds).toISOString().slice(0, -1);
		} else {
			nanoseconds += step;
			if (nanoseconds > 999_999) {
				last++;
				nanoseconds = 0;
				prefix = new Date(last).toISOString().slice(0, -1);
			}
		}

		return `${prefix}${String(nanoseconds).padStart(6, '0')}Z`;
	};
};

/** The record of a new container with the content of its image. */
export const newContainerRecord = (state: State, container: Container, imageFiles: FileTree): ContainerRecord => {
	const log = createLogRing();
	const stamp = createStamp(state.now);
	const {configuration: {readOnlyRoot}, mounts} = container;
	// Mount points exist also on a read-only root.
	const prepared = imageFiles.fork();
	for (const path of [...mounts.map(({target}) => target), container.process.workingDirectory]) {
		try {
			prepared.makeDirectory(path);
		} catch {
			// The image has a file there: a mount covers it, and the start refuses it as a working directory.
		}
	}

	return {
		id: container.id,
		get name() {
			return this.container.name;
		},
		container,
		log,
		output: createOutputHub((stream, bytes, at) => {
			log.append({stream, timestamp: stamp(at), bytes});
		}),
		input: createPipe(),
		files: prepared.fork({readOnly: readOnlyRoot, mounts: treeMounts(state, mounts)}),
		wantedPorts: container.ports,
		activeMs: 0,
		changed: createWake(),
		exits: 0,
		lastExit: {exitCode: 0},
		isStopped: false,
		isRemoved: false,
		attempts: 0,
	};
};

/** Changes a container and wakes those that wait for it. */
export const change = (record: ContainerRecord, changes: Partial<Container>): void => {
	record.container = {...record.container, ...changes};
	record.changed.notify();
	record.log.notify();
};

/** The current run of a container. Throws `conflict` for one that does not run. */
export const runOf = ({run, id, container: {name}}: ContainerRecord): Run => {
	if (!run) {
		throw new HolmError('conflict', `container ${id} is not running`, {remedy: `holm start ${name}`});
	}

	return run;
};
