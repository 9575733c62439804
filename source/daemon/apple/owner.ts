import {stat} from 'node:fs/promises';
import {HolmError, messageOf} from '../../engine/errors.js';
import {probeSocket, type SocketState} from '../local-engine.js';
import type {ApplePaths} from './paths.js';

/** Of a file or directory. */
export type Held = {readonly uid: number; readonly mode: number};

const others = 0o022;

/** Why a file of the daemon's must not be used by a user; undefined if it may. Whoever can write to the socket's place can stand in for the engine. */
export const foreignness = (file: string, {uid, mode}: Held, user: number): HolmError | undefined => {
	if (uid !== user) {
		return new HolmError(
			'forbidden',
			`${file} belongs to the user with id ${uid}, and this is the one with id ${user}`,
			{remedy: 'use holm as that user, without sudo, or remove it'},
		);
	}

	return (mode & others) === 0 ? undefined : new HolmError(
		'forbidden',
		`other users may write to ${file}`,
		{remedy: `chmod go-w ${file}`},
	);
};

const heldOf = async (file: string): Promise<Held | undefined> => {
	try {
		return await stat(file);
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		if (code === 'ENOENT' || code === 'ENOTDIR') {
			return undefined;
		}

		throw new HolmError('forbidden', `cannot look at ${file}: ${messageOf(error)}`, {remedy: 'use holm as the user who owns it', cause: error});
	}
};

/** Throws `forbidden` if somebody else owns one of the files, or may replace it. */
export const assertOwn = async (files: readonly string[], user = process.getuid?.() ?? -1): Promise<void> => {
	for (const file of files) {
		const held = await heldOf(file);
		const refusal = held && foreignness(file, held, user);
		if (refusal) {
			throw refusal;
		}
	}
};

/** What is found where the user's daemon would be; undefined files do not exist. */
export type Found = {
	readonly directory?: Held;
	readonly socket?: Held;
	/** Whether something answers at the socket. */
	readonly state: SocketState;
};

type Places = Pick<ApplePaths, 'directory' | 'socket'>;

/** How Apple's engine is reached: through the user's daemon if it serves, or else by running Apple's program. Throws `forbidden` if what is there is somebody else's. */
export const routeOf = ({directory, socket}: Places, found: Found, user: number): 'daemon' | 'program' => {
	const refusal = (found.directory && foreignness(directory, found.directory, user))
		?? (found.socket && foreignness(socket, found.socket, user));
	if (refusal) {
		throw refusal;
	}

	if (found.state === 'forbidden') {
		throw new HolmError('forbidden', `no access to ${socket}`, {remedy: 'use holm as the user who owns it'});
	}

	// What is left of a daemon that was killed does not listen.
	return found.state === 'listening' ? 'daemon' : 'program';
};

/** Whether the user's daemon serves. Throws `forbidden` if what is there is somebody else's. */
export const isServing = async (paths: Places, user = process.getuid?.() ?? -1): Promise<boolean> => {
	const [directory, socket] = await Promise.all([heldOf(paths.directory), heldOf(paths.socket)]);
	// Nothing is said to a socket of somebody else's.
	routeOf(paths, {directory, socket, state: 'absent'}, user);
	return routeOf(paths, {directory, socket, state: socket ? await probeSocket(paths.socket) : 'absent'}, user) === 'daemon';
};
