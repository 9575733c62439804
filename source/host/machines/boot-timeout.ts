import {HolmError} from '../../errors.js';
import {type AcceleratorName} from './qemu.js';

/** How long a machine may take to boot, in milliseconds, unless HOLM_BOOT_TIMEOUT says otherwise. */
const usual: Readonly<Record<AcceleratorName, number>> = {
	/** Hardware boots in well under a second; a machine that needs more than this hangs. */
	kvm: 15_000,
	tcg: 60_000,
};

const longestSeconds = 86_400;

/**
How long a machine may take to boot, in milliseconds: what HOLM_BOOT_TIMEOUT says in seconds, for slow or nested hosts, else 15 s with hardware virtualisation and 60 s without.

Throws `invalid` for a value that is no time from 1 second to a day.
*/
export const bootTimeoutsOf = ({HOLM_BOOT_TIMEOUT: text}: Readonly<Record<string, string | undefined>>): Readonly<Record<AcceleratorName, number>> => {
	if (text === undefined || text === '') {
		return usual;
	}

	const seconds = /^\d+(?:\.\d+)?$/v.test(text) ? Number(text) : NaN;
	if (!(seconds >= 1 && seconds <= longestSeconds)) {
		throw new HolmError('invalid', `HOLM_BOOT_TIMEOUT=${JSON.stringify(text.slice(0, 40))} is not a time that a machine could have to boot`, {
			remedy: `set it to a number of seconds from 1 to ${longestSeconds}, such as HOLM_BOOT_TIMEOUT=300, or leave it out`,
		});
	}

	const timeoutMs = Math.round(seconds * 1000);
	return {kvm: timeoutMs, tcg: timeoutMs};
};
