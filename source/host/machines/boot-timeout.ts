import type {AcceleratorName} from './qemu.js';
import {secondsSetting} from './seconds-setting.js';

/** How long a machine may take to boot, in milliseconds, unless HOLM_BOOT_TIMEOUT says otherwise. */
const usual: Readonly<Record<AcceleratorName, number>> = {
	/** A boot takes well under a second. A machine that needs more than this hangs. */
	kvm: 15_000,
	tcg: 60_000,
};

/**
How long a machine may take to boot, in milliseconds: HOLM_BOOT_TIMEOUT, in seconds, for slow or nested hosts, else 15 s with hardware virtualisation and 60 s without.

Throws `invalid` for a value that is not a time from 1 second to a day.
*/
export const bootTimeoutsOf = (variables: Readonly<Record<string, string | undefined>>): Readonly<Record<AcceleratorName, number>> => {
	const timeoutMs = secondsSetting(variables, 'HOLM_BOOT_TIMEOUT', 'a machine could have to boot');
	return timeoutMs === undefined ? usual : {kvm: timeoutMs, tcg: timeoutMs};
};
