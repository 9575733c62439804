import {constants} from 'node:fs';
import {
	access,
	chmod,
	mkdir,
	open,
	stat,
} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import {runIn} from './programs.js';

const remedy = 'load the module with: modprobe tun';

/**
Gives /dev/net/tun mode 0666, as udev does. An unprivileged QEMU must open it to attach its tap. Opening the device grants nothing; the kernel checks the creation and attachment of taps separately.

Throws `unavailable` if the kernel has no such device.
*/
export const ensureTunIsOpen = async (device = '/dev/net/tun'): Promise<void> => {
	try {
		await access(device, constants.F_OK);
	} catch {
		await mkdir(path.dirname(device), {recursive: true});
		// 10, 200 is the device number in the kernel's Documentation/admin-guide/devices.txt.
		await runIn('mknod', ['-m', '0666', device, 'c', '10', '200']);
	}

	const {mode} = await stat(device);
	if (mode % 0o1000 !== 0o666) {
		await chmod(device, 0o666);
	}

	try {
		const handle = await open(device, 'r+');
		await handle.close();
	} catch (error) {
		throw new HolmError('unavailable', `${device} cannot be opened, and without it no machine has a network`, {remedy, cause: error});
	}
};
