import type {ChildProcess} from 'node:child_process';
import path from 'node:path';
import {HolmError} from '../engine/errors.js';

/**
Checks a child process that Node's `spawn` returned. Without free descriptors it has no streams, and its error is emitted only later.

Throws `unavailable` in that case.
*/
export const spawned = <Child extends ChildProcess>(child: Child): Child => {
	if ((child.stdio as unknown) === undefined) {
		child.on('error', () => undefined);
		throw new HolmError('unavailable', `${path.basename(child.spawnfile)} cannot be started: the daemon has too many files open`, {remedy: 'allow it more open files (ulimit -n)'});
	}

	return child;
};
