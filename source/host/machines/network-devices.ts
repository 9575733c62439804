import {HolmError} from '../../engine/errors.js';
import {networkPorts} from './qemu.js';
import type {Qmp} from './qmp.js';
import type {NetworkDevice} from './guest-protocol.js';

/** How long the guest may take to configure or release a device. */
export const deviceTimeoutMs = 20_000;

/**
Plugs and unplugs the network devices of a machine. `ports` maps ports to endpoint ids and is updated in place.

The guest configures inserted devices, and has to cooperate for a removal.
*/
export const networkDevicesOf = (qmp: Qmp, ports: Record<string, string>, ended: () => Promise<unknown>) => ({
	async insert({endpointId, tap, mac}: NetworkDevice) {
		const port = networkPorts.find(candidate => ports[candidate] === undefined);
		if (!port) {
			throw new HolmError('conflict', `a container can be attached to ${networkPorts.length} networks at most`, {remedy: 'disconnect it from one first'});
		}

		const id = `net-${port}`;
		await qmp.execute('netdev_add', {
			type: 'tap', id, ifname: tap, script: 'no', downscript: 'no',
		});
		try {
			await qmp.execute('device_add', {
				driver: 'virtio-net-pci', id: `dev-${port}`, netdev: id, mac, bus: port, romfile: '',
			});
		} catch (error) {
			await qmp.execute('netdev_del', {id});
			throw error;
		}

		ports[port] = endpointId;
	},
	/** Does nothing if there is no such device. */
	async remove(endpointId: string) {
		const port = Object.keys(ports).find(candidate => ports[candidate] === endpointId);
		if (!port) {
			return;
		}

		const gone = Promise.withResolvers<boolean>();
		const stop = qmp.onEvent(({name, data}) => {
			if (name === 'DEVICE_DELETED' && data.device === `dev-${port}`) {
				gone.resolve(true);
			}
		});
		const timer = setTimeout(gone.resolve, deviceTimeoutMs, false);
		try {
			await qmp.execute('device_del', {id: `dev-${port}`});
			if (!await Promise.race([gone.promise, ended().then(() => true)])) {
				throw new HolmError('internal', 'the guest did not release the network device in time');
			}

			await qmp.execute('netdev_del', {id: `net-${port}`});
		} finally {
			clearTimeout(timer);
			stop();
		}

		// eslint-disable-next-line @typescript-eslint/no-dynamic-delete
		delete ports[port];
	},
});
