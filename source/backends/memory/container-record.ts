import {HolmError} from '../../engine/errors.js';
import type {Container} from '../../engine/resources.js';
import {createWake} from '../../engine/wake.js';
import type {FileTree} from './file-tree.js';
import {createLogRing} from './log-ring.js';
import {createOutputHub} from './output-hub.js';
import {createPipe} from './pipe.js';
import type {ContainerRecord, Run, State} from './state.js';
import {treeMounts} from './volumes.js';

/** The timestamps of one log, each a microsecond or more after the one before: the clock has milliseconds, in which a log may have many lines. */
const createStamp = (now: () => number): ((at?: number) => string) => {
	let last = 0;
	return (at = now()) => {
		last = Math.max(Math.floor(at * 1000), last + 1);
		return `${new Date(Math.floor(last / 1000)).toISOString().slice(0, -1)}${String(last % 1000).padStart(3, '0')}000Z`;
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

/** Resolves once something of a container is so, or the signal aborts. */
export const waitUntil = async ({changed}: ContainerRecord, isSo: () => boolean, signal?: AbortSignal): Promise<void> => {
	while (!isSo() && !signal?.aborted) {
		await changed.wait(signal);
	}
};

/** The current run of a container. Throws `conflict` for one that does not run. */
export const runOf = ({run, id, container: {name}}: ContainerRecord): Run => {
	if (!run) {
		throw new HolmError('conflict', `container ${id} is not running`, {remedy: `holm start ${name}`});
	}

	return run;
};
