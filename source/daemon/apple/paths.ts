import {homedir} from 'node:os';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import type {Environment} from '../../backends/hosts/which-engine.js';

/** What the daemon over Apple's container has on the disk. */
export type ApplePaths = {
	readonly directory: string;
	readonly socket: string;
	/** Exists while a daemon runs, and says which process it is. */
	readonly lock: string;
	readonly log: string;
	/** Past events. */
	readonly events: string;
};

/** The address of a unix socket has at most 103 bytes on macOS. */
const longestSocket = 103;

/** The files in a directory. Throws `invalid` for one whose path is too long. */
const pathsIn = (directory: string): ApplePaths => {
	const socket = path.join(directory, 'holm.sock');
	if (Buffer.byteLength(socket) > longestSocket) {
		throw new HolmError(
			'invalid',
			`${socket} is too long a path for a socket, which may have ${longestSocket} bytes`,
			{remedy: 'choose a shorter directory with --root, or another HOME'},
		);
	}

	return {directory, socket, lock: path.join(directory, 'daemon.lock'), log: path.join(directory, 'daemon.log'), events: path.join(directory, 'events')};
};

type Given = {
	readonly environment: Environment;
	/** `--root` or HOLM_ROOT. */
	readonly root?: string;
	readonly platform?: NodeJS.Platform;
};

/** The files of the user's daemon over Apple's container, in `~/.holm`. Elsewhere than on a Mac a root is that of Holm's own engine, and has no meaning here. */
export const applePaths = ({environment, root, platform = process.platform}: Given): ApplePaths =>
	pathsIn(root !== undefined && platform === 'darwin' ? path.resolve(root) : path.join(environment.HOME || homedir(), '.holm'));
