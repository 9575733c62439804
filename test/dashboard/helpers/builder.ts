import type {Builder, BuildStep} from '../../../source/engine/builder.js';
import type {Snapshot} from '../../../source/engine/snapshot.js';
import {container} from '../../engine/resources.js';
import {containerConfiguration} from './configurations.js';

const id = 'b'.repeat(64);
const gibibyte = 1024 ** 3;

/** The builder of a snapshot; default one that runs, without builds. */
export const builderOfTest = (given: Partial<Builder>): NonNullable<Snapshot['builder']> => {
	const status: Builder = {
		state: 'running', id, cpus: 2, memoryBytes: 2 * gibibyte, diskBytes: 32 * gibibyte, keepSeconds: 600, usedBytes: 1.2 * gibibyte, connections: 0, ...given,
	};
	return {
		status,
		container: container({
			id,
			name: 'holm-builder',
			role: 'builder',
			configuration: containerConfiguration({image: 'holm-builder'}),
			status: status.state === 'running' ? {state: 'running', pid: 1, startedAt: 0} : {state: 'exited', exitCode: 0, outOfMemory: false, startedAt: 0, finishedAt: 0},
			attachments: [{
				networkId: 'n', network: 'holm-builder', address: '192.168.65.2', mac: '', aliases: [], endpointId: '', gateway: '192.168.65.1', prefixLength: 24,
			}],
		}),
	};
};

/** Two steps, the first with two processes. */
export const stepsOfTest: readonly BuildStep[] = [
	{step: 1, pid: 5, elapsedSeconds: 61, command: 'sh -c make all'},
	{step: 1, pid: 6, elapsedSeconds: 42, command: 'cc main.c'},
	{step: 2, pid: 17, elapsedSeconds: 5, command: 'npm install'},
];
