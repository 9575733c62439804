import {HolmError} from '../../engine/errors.js';
import type {ExecConfiguration} from '../../engine/execs.js';

/** A command that was made for a container, and what has become of it. */
export type ExecRecord = {
	readonly id: string;
	readonly containerId: string;
	readonly configuration: ExecConfiguration;
	state: 'created' | 'running' | 'ended';
	exitCode?: number;
};

/** Throws `not-found` if there is no such exec. */
export const findExec = <Exec>(execs: ReadonlyMap<string, Exec>, id: string): Exec => {
	const exec = execs.get(id);
	if (!exec) {
		throw new HolmError('not-found', `No such exec instance: ${JSON.stringify(id.slice(0, 100)).slice(1, -1)}`, {remedy: 'make one first'});
	}

	return exec;
};

/** Forgets the oldest of the execs that have ended, beyond `atMost`. */
export const forgetEndedExecs = (execs: Map<string, {readonly id: string; readonly state: string}>, atMost: number): void => {
	const ended = execs.values().filter(({state}) => state === 'ended').toArray();
	for (const {id} of ended.slice(0, Math.max(ended.length - atMost, 0))) {
		execs.delete(id);
	}
};
