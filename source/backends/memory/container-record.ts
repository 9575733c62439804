import type {Container} from '../../engine/resources.js';
import {createWake} from '../../engine/wake.js';
import type {FileTree} from './file-tree.js';
import {createLogRing} from './log-ring.js';
import {createOutputHub} from './output-hub.js';
import {createPipe} from './pipe.js';
import type {ContainerRecord, State} from './state.js';
import {createStamp} from './timestamps.js';
import {treeMounts} from './volume-store.js';

/** What is kept of a new container, which begins with the content of its image. */
export const newContainerRecord = (state: State, container: Container, imageFiles: FileTree): ContainerRecord => {
	const log = createLogRing();
	const stamp = createStamp(state.now);
	const {configuration: {readOnlyRoot}, mounts} = container;
	// Where something is mounted there is a directory, also on a root that is read-only.
	const prepared = imageFiles.fork();
	for (const path of [...mounts.map(({target}) => target), container.process.workingDirectory]) {
		try {
			prepared.makeDirectory(path);
		} catch {
			// The image has a file there: a mount covers it, and a start refuses it as a working directory.
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
		original: prepared.root(),
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
