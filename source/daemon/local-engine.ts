import {existsSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {HolmError} from '../engine/errors.js';
import {defaultRoot, pathsOf, serviceSocket} from '../host/store/paths.js';

export type SocketState = 'listening' | 'absent' | 'forbidden';

/** Whether an engine answers on a socket. */
export const probeSocket = async (socket: string): Promise<SocketState> => new Promise(resolve => {
	const connection = net.connect(socket);
	connection.on('connect', () => {
		connection.destroy();
		resolve('listening');
	});
	connection.on('error', (error: NodeJS.ErrnoException) => {
		resolve(error.code === 'EACCES' || error.code === 'EPERM' ? 'forbidden' : 'absent');
	});
});

/** The socket of the engine in a directory: the service's if it exists, else the one in the directory. */
export const socketOf = (root: string, service = serviceSocket): string => {
	const directory = path.resolve(root);
	return directory === defaultRoot && existsSync(service) ? service : pathsOf(directory).socket;
};

/** The error for a user without access to a socket. */
export const forbiddenSocket = async (socket: string, service = serviceSocket): Promise<HolmError> => {
	if (socket !== service) {
		const {isSystemdRunning} = await import('../host/service/service.js');
		const remedy = await isSystemdRunning() ? 'use sudo, or install the service, which members of a group may use: sudo holm system install' : 'use sudo';
		return new HolmError('forbidden', `${socket} is root's alone`, {remedy});
	}

	const {findGroup, ownName, accessRefusalOf} = await import('../host/service/group.js');
	const {reason, remedy} = accessRefusalOf(await findGroup(), {name: ownName(), gids: process.getgroups?.() ?? []});
	return new HolmError('forbidden', `no access to ${socket}: ${reason}`, {remedy});
};

/** The error for a user who may not start the engine. */
export const notStarted = async (root: string): Promise<HolmError> => {
	const {isService, isSystemdRunning} = await import('../host/service/service.js');
	return new HolmError('forbidden', `the engine in ${root} is not running, and only root can start it`, {
		remedy: await isSystemdRunning() && !await isService(root) ? 'use sudo, or install the service, which starts with the host: sudo holm system install' : 'sudo holm system start',
	});
};
