import {type ChildProcess} from 'node:child_process';
import path from 'node:path';
import {HolmError} from '../engine/errors.js';

/**
A child process as Node's `spawn` returned it. Without free descriptors that has no streams, and tells of its error only later.

Throws `unavailable` then.
*/
export const spawned = <Child extends ChildProcess>(child: Child): Child => {
	if ((child.stdio as unknown) === undefined) {
		child.on('error', () => undefined);
		throw new HolmError('unavailable', `${path.basename(child.spawnfile)} cannot be started: the daemon has too many files open`, {remedy: 'allow it more open files (ulimit -n)'});
	}

	return child;
};
