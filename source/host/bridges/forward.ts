import {HolmError, type ErrorCode} from '../../engine/errors.js';

/** One published port. */
export type Forward = {
	/** Whose it is, such as the container's id; a new one under the same id and address takes over the chosen port. */
	readonly id: string;
	/** Address of the host, IPv4 or IPv6. `0.0.0.0` is all of IPv4 and `::` all of IPv6, not both. */
	readonly hostAddress: string;
	/** 0 asks for a free one. */
	readonly hostPort: number;
	readonly protocol: 'tcp' | 'udp';
	readonly targetAddress: string;
	readonly targetPort: number;
};

/** Where connections and datagrams go. */
export type Target = {
	readonly address: string;
	readonly port: number;
	/** Source address of what is sent there; default the one that the route has. */
	readonly localAddress?: string;
};

/** A listener on the host. */
export type Listener = {
	/** The one it was given, or the one that was chosen for 0. */
	readonly port: number;
	/** Ends what goes to the old target. */
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

/** Why a forward cannot listen, in Docker's words where it has them. */
export const bindError = (forward: Forward, cause: unknown): HolmError => {
	const {code: number, message} = cause as NodeJS.ErrnoException;
	const known = reasons[number ?? ''];
	return new HolmError(known?.code ?? 'internal', `Bind for ${hostOf(forward)} failed: ${known?.reason ?? message}`, {
		remedy: known?.remedy(forward),
		cause,
	});
};
