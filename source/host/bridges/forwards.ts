import net from 'node:net';
import {networkInterfaces} from 'node:os';
import {HolmError} from '../../engine/errors.js';
import {listenedOn} from '../../engine/listening.js';
import {
	bindError,
	type Forward,
	type Listener,
	type Target,
} from './forward.js';
import {forwardTcp} from './forwarder-tcp.js';
import {forwardUdp} from './forwarder-udp.js';

/** A request of the daemon to the forwarder. */
export type ForwarderRequest = {
	readonly forwards: readonly Forward[];
	/** If a forward cannot listen, accept the others. */
	readonly isPartial: boolean;
};

/** The published ports of an engine: a table that is replaced as a whole. */
export type Forwards = {
	/**
	Resolves with the forwards in the same order, with the chosen ports; one without an address of the host becomes one for IPv4 and, if the host has IPv6, one for IPv6. If one cannot listen, it rejects and nothing changes; with `isPartial` it accepts the others.
	*/
	readonly replace: (forwards: readonly Forward[], isPartial?: boolean) => Promise<readonly Forward[]>;
	readonly close: () => Promise<void>;
};

type Active = {readonly forward: Forward; readonly listener: Listener};

const listeners = {tcp: forwardTcp, udp: forwardUdp};

const isSamePlace = (one: Forward, other: Forward) =>
	one.protocol === other.protocol && one.hostAddress === other.hostAddress && one.hostPort === other.hostPort;

const isSameTarget = (one: Forward, other: Forward) =>
	one.targetAddress === other.targetAddress && one.targetPort === other.targetPort;

/** Whether a present forward satisfies the wanted one. A chosen port is kept. */
const isSameForward = (wanted: Forward, present: Forward) =>
	wanted.id === present.id && isSameTarget(wanted, present)
	&& isSamePlace({...wanted, hostPort: wanted.hostPort === 0 ? present.hostPort : wanted.hostPort}, present);

const validate = ({hostAddress, targetAddress, hostPort, targetPort}: Forward) => {
	for (const address of [...listenedOn(hostAddress), targetAddress]) {
		if (net.isIP(address) === 0) {
			throw new HolmError('invalid', `A port cannot be published on or for ${JSON.stringify(address)}`, {remedy: 'give an IP address'});
		}
	}

	for (const [port, lowest] of [[hostPort, 0], [targetPort, 1]] as const) {
		if (!Number.isSafeInteger(port) || port < lowest || port > 65_535) {
			throw new HolmError('invalid', `${port} is not a port`, {remedy: `give a number from ${lowest} to 65535`});
		}
	}
};

const hasHostIpv6 = () => Object.values(networkInterfaces()).flat().some(address => address?.family === 'IPv6');

/** Attempts to find a number that is free in both families. */
const maximumAttempts = 20;

/** The listeners of one wanted forward. */
type Family = readonly Forward[];

const isConflict = (error: unknown) => error instanceof HolmError && error.code === 'conflict';

export const createForwards = (localAddress?: string, hasIpv6: () => boolean = hasHostIpv6): Forwards => {
	let active: readonly Active[] = [];
	const targetOf = ({targetAddress, targetPort}: Forward): Target => ({address: targetAddress, port: targetPort, localAddress});

	const listen = async (forward: Forward): Promise<Active> => {
		try {
			const listener = await listeners[forward.protocol](forward.hostAddress, forward.hostPort, targetOf(forward));
			return {forward: {...forward, hostPort: listener.port}, listener};
		} catch (error) {
			throw bindError(forward, error);
		}
	};

	const closeAll = async (gone: Iterable<Active>) => Promise.all([...gone].map(async ({listener}) => listener.close()));

	const familyOf = (forward: Forward): Family => forward.hostAddress === '' && !hasIpv6()
		? [{...forward, hostAddress: '0.0.0.0'}]
		: listenedOn(forward.hostAddress).map(hostAddress => ({...forward, hostAddress}));

	/** Opens those listeners of a family that are not there, with one port number, or none. */
	const listenTogether = async (family: Family, present: (forward: Forward) => Active | undefined) => {
		const missing = family.filter(forward => !present(forward));
		const number = family.map(forward => present(forward)?.forward.hostPort).find(port => port !== undefined) ?? 0;
		for (let attempt = 1; ; attempt++) {
			const opened = new Map<Forward, Active>();
			let hostPort = number;
			try {
				for (const forward of missing) {
					const next = await listen({...forward, hostPort: forward.hostPort || hostPort});
					opened.set(forward, next);
					hostPort = next.forward.hostPort;
				}

				return opened;
			} catch (error) {
				await closeAll(opened.values());
				const isNumberFree = number === 0 && family[0]!.hostPort === 0 && opened.size > 0;
				if (!(isNumberFree && isConflict(error) && attempt < maximumAttempts)) {
					throw error;
				}
			}
		}
	};

	return {
		async replace(given, isPartial = false) {
			for (const forward of given) {
				validate(forward);
			}

			const families = given.map(forward => familyOf(forward));
			const forwards = families.flat();
			const unused = new Set(active);
			const take = (isFitting: (present: Forward) => boolean) => {
				const found = unused.values().find(({forward}) => isFitting(forward));
				if (found) {
					unused.delete(found);
				}

				return found;
			};

			// Find all unchanged forwards first, so that a new forward does not take the port of one of them.
			const kept = new Map(forwards.map(forward => [forward, take(present => isSameForward(forward, present))]));
			const taken = new Map(forwards
				.filter(forward => !kept.get(forward))
				.map(forward => [forward, take(present => isSamePlace(forward, present))]));
			const opened = new Map<Forward, Active>();
			for (const family of families) {
				try {
					for (const [forward, listener] of await listenTogether(family, forward => kept.get(forward) ?? taken.get(forward))) {
						opened.set(forward, listener);
					}
				} catch (error) {
					if (!isPartial) {
						await closeAll(opened.values());
						throw error;
					}
				}
			}

			// Nothing fails from here on.
			active = forwards.flatMap(forward => {
				const takenOver = taken.get(forward);
				if (takenOver) {
					takenOver.listener.retarget(targetOf(forward));
					return [{forward, listener: takenOver.listener}];
				}

				const found = kept.get(forward) ?? opened.get(forward);
				return found ? [found] : [];
			});
			await closeAll(unused);
			return active.map(({forward}) => forward);
		},
		async close() {
			const gone = active;
			active = [];
			await closeAll(gone);
		},
	};
};
