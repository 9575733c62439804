import {HolmError} from '../../engine/errors.js';
import type {PublishedPort} from '../../engine/resources.js';
import type {State} from './state.js';

/** Ports that IANA leaves to whoever takes them (RFC 6335). */
const ephemeral = {first: 49_153, last: 65_535};

const everywhere = new Set(['0.0.0.0', '::']);

const collide = (one: PublishedPort, other: PublishedPort) =>
	one.protocol === other.protocol && one.hostPort === other.hostPort
	&& (one.hostAddress === other.hostAddress || everywhere.has(one.hostAddress) || everywhere.has(other.hostAddress));

/** Every port that a running container has on the host. */
const portsInUse = ({containers}: State): readonly PublishedPort[] =>
	containers.values().filter(({run}) => run !== undefined).flatMap(({container}) => container.ports).toArray();

/** The wanted ports with free ones of the host where any will do. Throws `conflict` for one that another container has. */
export const allocatePorts = (state: State, wanted: readonly PublishedPort[]): readonly PublishedPort[] => {
	const taken = [...portsInUse(state)];
	return wanted.map(port => {
		if (port.hostPort !== 0) {
			if (taken.some(other => collide(other, port))) {
				throw new HolmError('conflict', `Bind for ${port.hostAddress}:${port.hostPort} failed: port is already allocated`, {remedy: 'publish another port, or stop what has this one'});
			}

			taken.push(port);
			return port;
		}

		for (let hostPort = ephemeral.first; hostPort <= ephemeral.last; hostPort++) {
			const candidate = {...port, hostPort};
			if (!taken.some(other => collide(other, candidate))) {
				taken.push(candidate);
				return candidate;
			}
		}

		throw new HolmError('unavailable', `no port of the host is left for ${port.containerPort}/${port.protocol}`, {remedy: 'stop a container that publishes ports'});
	});
};
