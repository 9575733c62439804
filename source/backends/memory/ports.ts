import {HolmError} from '../../engine/errors.js';
import {listenedOn} from '../../engine/listening.js';
import type {PublishedPort} from '../../engine/resources.js';
import type {State} from './state.js';

/** Dynamic ports (RFC 6335). */
const ephemeral = {first: 49_153, last: 65_535};

const everywhere = new Set(['0.0.0.0', '::']);

const isIpv6 = ({hostAddress}: PublishedPort) => hostAddress.includes(':');

const areInConflict = (one: PublishedPort, other: PublishedPort) =>
	one.protocol === other.protocol && one.hostPort === other.hostPort && isIpv6(one) === isIpv6(other)
	&& (one.hostAddress === other.hostAddress || everywhere.has(one.hostAddress) || everywhere.has(other.hostAddress));

/** The host ports of all running containers. */
const portsInUse = ({containers}: State): readonly PublishedPort[] =>
	containers.values().filter(({run}) => run !== undefined).flatMap(({container}) => container.ports).toArray();

/** Replaces host port 0 with a free port, and no address with all of both families. Throws `conflict` for a port that another container has. */
export const allocatePorts = (state: State, wanted: readonly PublishedPort[]): readonly PublishedPort[] => {
	const taken = [...portsInUse(state)];
	return wanted.flatMap(port => {
		const {first, last} = port.hostPort === 0 ? ephemeral : {first: port.hostPort, last: port.hostPort};
		for (let hostPort = first; hostPort <= last; hostPort++) {
			const ports = listenedOn(port.hostAddress).map(hostAddress => ({...port, hostAddress, hostPort}));
			if (!ports.some(candidate => taken.some(other => areInConflict(other, candidate)))) {
				taken.push(...ports);
				return ports;
			}
		}

		const host = isIpv6(port) ? `[${port.hostAddress}]` : port.hostAddress || '0.0.0.0';
		throw new HolmError('conflict', `Bind for ${host}:${port.hostPort} failed: port is already allocated`, {remedy: 'publish another port, or stop what has this one'});
	});
};
