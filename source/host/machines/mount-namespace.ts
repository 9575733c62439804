import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {once} from 'node:events';
import {open} from 'node:fs/promises';
import path from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import {HolmError} from '../../engine/errors.js';
import {programPath} from '../environment.js';
import {run} from '../run.js';
import {spawned} from '../spawned.js';
import {ownerVariable} from './owner.js';
import {identify, type DetachedOptions, type ProcessIdentity} from './process.js';

/** Time for `unshare` and a shell to start. */
const holdTimeoutMs = 30_000;

/** If the engine dies before it sends `go`, reading ends and the process exits. */
const holdScript = 'echo held; read -r word && [ "$word" = go ] || exit 1; exec "$@" </dev/null >&2';

/** A process in its own mount namespace that waits for `start` to execute a program. */
export type HeldProcess = {
	readonly identity: ProcessIdentity;
	/** Resolves when the process has ended, while this engine lives. */
	readonly ended: Promise<void>;
	/** The path under which this process can open a file of the namespace. */
	readonly pathOf: (file: string) => string;
	/** Runs another program in the namespace. */
	readonly run: (program: string, arguments_: readonly string[]) => Promise<void>;
	/** Makes it execute the program. */
	readonly start: () => void;
};

export type HoldOptions = Pick<DetachedOptions, 'output' | 'owner'>;

/**
Starts a process in its own session that executes `program` on `start`, and exits if this engine ends before.

The namespace has the host's mounts and follows unmounts on the host. Mounts in the namespace never propagate to the host, even if the host's `/` is a shared mount.
*/
export const holdProcess = async (program: string, arguments_: readonly string[], {output, owner}: HoldOptions): Promise<HeldProcess> => {
	await using file = await open(output, 'a', 0o600);
	const child = spawned(spawn('unshare', ['--mount', '--propagation', 'slave', '--', 'sh', '-c', holdScript, 'holm-held', program, ...arguments_], {
		cwd: '/', detached: true, env: {PATH: programPath, [ownerVariable]: owner}, stdio: ['pipe', 'pipe', file.fd],
	})) as ChildProcessByStdio<Writable, Readable, null>;
	const ended = new Promise<void>(resolve => {
		child.on('error', () => {
			resolve();
		});
		child.on('exit', () => {
			resolve();
		});
	});
	// If the process has ended, `ended` reports it.
	child.stdin.on('error', () => undefined);
	const held = once(createInterface(child.stdout), 'line', {signal: AbortSignal.timeout(holdTimeoutMs)}).then(() => true);
	const isHeld = await Promise.race([held, ended.then(() => false)]).catch(() => false);
	const identity = isHeld && child.pid !== undefined ? await identify(child.pid) : undefined;
	if (!identity) {
		child.kill('SIGKILL');
		throw new HolmError('internal', 'the mount namespace for the file server cannot be made', {remedy: `${output} says why`});
	}

	return {
		identity,
		ended,
		pathOf: target => path.join(`/proc/${identity.pid}/root`, target),
		async run(command, words) {
			// The engine's root may differ from the namespace's, as in a chroot.
			await run('nsenter', ['--target', String(identity.pid), '--mount', '--root', '--', command, ...words]);
		},
		start() {
			child.stdin.end('go\n');
			child.stdout.destroy();
		},
	};
};
