import {kvmAccessOf, readKvmHost, type KvmAccess} from '../machines/kvm-device.js';
import {readVerdict, type AcceleratorVerdict} from '../machines/accelerator.js';
import {pathsOf} from '../store/paths.js';
import type {Check} from './check.js';

/** The recorded verdict, which another version may have written, or which may be truncated. */
type Recorded = Partial<AcceleratorVerdict> & {
	/** Present if a machine was booted for it. */
	readonly of?: string;
};

const name = 'accelerator';
const slow = 'tcg: machines are emulated and slow';
const lastResort = 'turn on hardware virtualisation in the firmware, or nested virtualisation in the hypervisor';

/** The check of the accelerator, from the present state of the device and the last verdict. */
export const acceleratorCheck = (access: KvmAccess, {accelerator, reason, remedy, of}: Recorded): Check => {
	if (!access.isOpen) {
		return {
			name, status: 'warning', found: `${slow}: ${access.reason}`, remedy: access.remedy,
		};
	}

	// No verdict yet, or the device was not accessible then and is now.
	if (accelerator === undefined || (accelerator === 'tcg' && of === undefined && remedy !== undefined)) {
		return {name, status: 'ok', found: 'not tried yet; the next start of the engine probes it'};
	}

	return accelerator === 'tcg'
		? {
			name, status: 'warning', found: reason === undefined ? slow : `${slow}: ${reason}`, remedy: remedy ?? lastResort,
		}
		: {name, status: 'ok', found: accelerator};
};

export const checkAccelerator = async (root: string): Promise<Check> => {
	const {accelerator: file, socket} = pathsOf(root);
	const access = kvmAccessOf(await readKvmHost([socket]));
	return acceleratorCheck(access, await readVerdict(file));
};
