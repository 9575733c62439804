import {kvmAccessOf, readKvmHost, type KvmAccess} from '../machines/kvm-device.js';
import {readVerdict, type AcceleratorVerdict} from '../machines/accelerator.js';
import {pathsOf} from '../store/paths.js';
import type {Check} from './check.js';

/** What is on disk about the accelerator, which may be of another version or cut short. */
type Recorded = Partial<AcceleratorVerdict> & {
	/** There when a machine was booted for it. */
	readonly of?: string;
};

const name = 'accelerator';
const slow = 'tcg: machines are emulated and slow';
const lastResort = 'turn on hardware virtualisation in the firmware, or nested virtualisation in the hypervisor';

/** What is to be said about the accelerator, from the device as it is now and the verdict of the last engine. */
export const acceleratorCheck = (access: KvmAccess, {accelerator, reason, remedy, of}: Recorded): Check => {
	if (!access.isOpen) {
		return {
			name, status: 'warning', found: `${slow}: ${access.reason}`, remedy: access.remedy,
		};
	}

	// A device that was closed when the engine looked is open now.
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
