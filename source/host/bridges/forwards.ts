import net from 'node:net';
import {HolmError} from '../../engine/errors.js';
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
	Resolves with the forwards in the same order, with the chosen ports. If one cannot listen, it rejects and nothing changes; with `isPartial` it accepts the others.
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
	for (const address of [hostAddress, targetAddress]) {
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

export const createForwards = (localAddress?: string): Forwards => {
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

	return {
		async replace(forwards, isPartial = false) {
			for (const forward of forwards) {
				validate(forward);
			}

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
			for (const forward of forwards) {
				if (kept.get(forward) ?? taken.get(forward)) {
					continue;
				}

				try {
					opened.set(forward, await listen(forward));
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
