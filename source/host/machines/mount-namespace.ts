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

/** Of a shell and of `unshare`, which do nothing else. */
const holdTimeoutMs = 30_000;

/** Nothing of the program remains when whoever prepares it dies before it says so: then reading ends. */
const holdScript = 'echo held; read -r word && [ "$word" = go ] || exit 1; exec "$@" </dev/null >&2';

/** A process that waits in a mount namespace of its own to become a program. */
export type HeldProcess = {
	readonly identity: ProcessIdentity;
	/** Resolves when it has ended, as long as this engine lives. */
	readonly ended: Promise<void>;
	/** A path of the namespace as this process can open it. */
	readonly pathOf: (file: string) => string;
	/** Runs another program in the namespace. */
	readonly run: (program: string, arguments_: readonly string[]) => Promise<void>;
	/** Lets it become the program. */
	readonly start: () => void;
};

export type HoldOptions = Pick<DetachedOptions, 'output' | 'owner'>;

/**
Starts a process, in a session of its own, that becomes `program` when it is told to and ends when this engine does before.

It sees the host's mounts, and what is unmounted on the host goes there too, but nothing that is mounted there is ever seen on the host, where a mount of `/` may be shared with everybody.
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
	// It may have ended, which is noticed otherwise.
	child.stdin.on('error', () => undefined);
	const held = once(createInterface(child.stdout), 'line', {signal: AbortSignal.timeout(holdTimeoutMs)}).then(() => true);
	const isHeld = await Promise.race([held, ended.then(() => false)]).catch(() => false);
	const identity = isHeld && child.pid !== undefined ? await identify(child.pid) : undefined;
	if (!identity) {
		child.kill('SIGKILL');
		throw new HolmError('internal', 'there is no mount namespace for the file server', {remedy: `${output} says why`});
	}

	return {
		identity,
		ended,
		pathOf: target => path.join(`/proc/${identity.pid}/root`, target),
		async run(command, words) {
			// Its root may be another than that of the namespace, as in a chroot.
			await run('nsenter', ['--target', String(identity.pid), '--mount', '--root', '--', command, ...words]);
		},
		start() {
			child.stdin.end('go\n');
			child.stdout.destroy();
		},
	};
};
