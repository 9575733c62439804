import {HolmError} from '../../engine/errors.js';
import type {Fields} from '../fields.js';

/** Fields of the host configuration that select another namespace. */
const namespaces = ['PidMode', 'IpcMode', 'UTSMode', 'UsernsMode'] as const;

/** Lists of resources that a VM cannot share with the host or another container. */
const lists = [
	['Devices', 'devices of the host'],
	['DeviceRequests', 'devices of the host'],
	['VolumesFrom', 'the volumes of another container'],
	['Links', 'links'],
] as const;

const isShared = (mode: string) => mode === 'host' || mode.startsWith('container:');

/** Throws `unsupported` for settings that a container in a VM cannot have. */
export const refuseUnsupported = (host: Fields): void => {
	const network = host.text('NetworkMode');
	if (isShared(network)) {
		throw new HolmError('unsupported', `NetworkMode ${network} is not supported: every container has a machine and network devices of its own`, {
			remedy: 'attach it to a network and publish ports',
		});
	}

	for (const namespace of namespaces) {
		const mode = host.text(namespace);
		if (isShared(mode)) {
			throw new HolmError('unsupported', `${namespace} ${mode} is not supported: every container has a machine of its own`);
		}
	}

	for (const [key, what] of lists) {
		if (Array.isArray(host.raw[key]) && host.raw[key].length > 0) {
			throw new HolmError('unsupported', `HostConfig.${key} is not supported: a container cannot use ${what}`);
		}
	}
};
