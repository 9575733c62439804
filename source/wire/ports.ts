import {HolmError} from '../engine/errors.js';
import type {PublishedPort} from '../engine/resources.js';
import type {Fields} from './fields.js';

/** Docker's port map: `{"80/tcp": [{HostIp, HostPort}]}`; null marks a port that is only exposed. */
export type PortMap = Record<string, Array<{HostIp: string; HostPort: string}> | null>;

export const encodePorts = (ports: readonly PublishedPort[], exposed: readonly string[] = []): PortMap => {
	const map: PortMap = Object.fromEntries(exposed.map(port => [port, null]));
	for (const {hostAddress, hostPort, containerPort, protocol} of ports) {
		const bindings = map[`${containerPort}/${protocol}`] ??= [];
		bindings.push({HostIp: hostAddress, HostPort: hostPort === 0 ? '' : String(hostPort)});
	}

	return map;
};

const portNumber = (text: string, field: string, least: number): number => {
	const port = Number(text);
	if (!/^\d{1,5}$/v.test(text) || port < least || port > 65_535) {
		throw new HolmError('invalid', `${field}: ${JSON.stringify(text.slice(0, 32))} is not a port`, {remedy: 'one number from 1 to 65535'});
	}

	return port;
};

/** `80/tcp`, where `80` alone means TCP. */
export const parsePort = (text: string, field: string): Pick<PublishedPort, 'containerPort' | 'protocol'> => {
	const [port = '', protocol = 'tcp', ...rest] = text.split('/');
	if ((protocol !== 'tcp' && protocol !== 'udp') || rest.length > 0) {
		throw new HolmError('invalid', `${field}: ${JSON.stringify(text.slice(0, 32))} is neither a tcp nor a udp port`);
	}

	return {containerPort: portNumber(port, field, 1), protocol};
};

/** The published ports of a port map, without ports that are only exposed. */
export const decodePorts = (fields: Fields, key: string): PublishedPort[] => fields.lists(key)
	.flatMap(([name, bindings]) => bindings.map(binding => ({
		hostAddress: binding.text('HostIp'),
		hostPort: portNumber(binding.text('HostPort') || '0', `${key}.${name}.HostPort`, 0),
		...parsePort(name, key),
	})));
