import {HolmError, type ErrorCode} from '../../engine/errors.js';

/** One published port. */
export type Forward = {
	/** Its owner, such as the container's id. A new forward with the same id and address keeps the chosen port. */
	readonly id: string;
	/** Address of the host. `0.0.0.0` is all of IPv4, and `::` all of IPv6 only. Empty for both, with one port number; on a host without IPv6, for `0.0.0.0`. */
	readonly hostAddress: string;
	/** 0 chooses a free port. */
	readonly hostPort: number;
	readonly protocol: 'tcp' | 'udp';
	readonly targetAddress: string;
	readonly targetPort: number;
};

/** Destination of connections and datagrams. */
export type Target = {
	readonly address: string;
	readonly port: number;
	/** Source address; default that of the route. */
	readonly localAddress?: string;
};

/** A listener on the host. */
export type Listener = {
	/** The given port, or the one chosen for 0. */
	readonly port: number;
	/** Changes the target, and closes the connections to the old one. */
	readonly retarget: (target: Target) => void;
	readonly close: () => Promise<void>;
};

const hostOf = ({hostAddress, hostPort}: Forward) => `${hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress}:${hostPort}`;

const reasons: Record<string, {readonly code: ErrorCode; readonly reason: string; readonly remedy: (forward: Forward) => string}> = {
	EADDRINUSE: {
		code: 'conflict',
		reason: 'port is already allocated',
		remedy: ({hostPort, protocol}) => `lsof -i ${protocol}:${hostPort} shows who has it; or publish on another port of the host`,
	},
	EADDRNOTAVAIL: {
		code: 'invalid',
		reason: 'no interface of this host has the address',
		remedy: () => 'ip address lists those that it has',
	},
	EAFNOSUPPORT: {
		code: 'invalid',
		reason: 'this host has no IPv6',
		remedy: ({hostPort}) => `publish on an IPv4 address: 0.0.0.0:${hostPort} is all of them`,
	},
	EACCES: {
		code: 'forbidden',
		reason: 'permission denied',
		remedy: () => 'publish on a port from 1024 on, or run the daemon as root',
	},
};

/** The error for a forward that cannot listen, with Docker's message where it has one. */
export const bindError = (forward: Forward, cause: unknown): HolmError => {
	const {code: number, message} = cause as NodeJS.ErrnoException;
	const known = reasons[number ?? ''];
	return new HolmError(known?.code ?? 'internal', `Bind for ${hostOf(forward)} failed: ${known?.reason ?? message}`, {
		remedy: known?.remedy(forward),
		cause,
	});
};
