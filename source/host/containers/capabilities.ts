import {HolmError} from '../../engine/errors.js';

/** Every capability of Linux 6.1, capabilities(7). */
const all = [
	'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'LINUX_IMMUTABLE',
	'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT',
	'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE',
	'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ',
	'PERFMON', 'BPF', 'CHECKPOINT_RESTORE',
] as const;

/** Docker's default capabilities. */
const standard = new Set<string>([
	'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'NET_BIND_SERVICE', 'NET_RAW', 'SYS_CHROOT',
	'MKNOD', 'AUDIT_WRITE', 'SETFCAP',
]);

const normalise = (given: readonly string[]) => given.map(name => {
	const bare = name.toUpperCase().replace(/^CAP_/v, '');
	if (bare !== 'ALL' && !(all as readonly string[]).includes(bare)) {
		throw new HolmError('invalid', `unknown capability ${JSON.stringify(name.slice(0, 64))}`, {remedy: 'capabilities(7) lists them, such as NET_ADMIN; ALL is all of them'});
	}

	return bare;
});

export type CapabilityConfiguration = {
	readonly privileged: boolean;
	readonly capabilitiesToAdd: readonly string[];
	readonly capabilitiesToDrop: readonly string[];
};

/** The capabilities of a container's processes, with the prefix `CAP_`. If one list has `ALL`, the other one holds the exceptions. Throws `invalid` for an unknown capability. */
export const capabilitiesOf = ({privileged, capabilitiesToAdd, capabilitiesToDrop}: CapabilityConfiguration): readonly string[] => {
	const added = normalise(capabilitiesToAdd);
	const dropped = normalise(capabilitiesToDrop);
	if (privileged) {
		return all.map(name => `CAP_${name}`);
	}

	const isGiven = (name: string) => {
		if (dropped.includes('ALL')) {
			return added.includes(name);
		}

		const isBase = added.includes('ALL') || standard.has(name) || added.includes(name);
		return isBase && !dropped.includes(name);
	};

	return all.filter(name => isGiven(name)).map(name => `CAP_${name}`);
};
