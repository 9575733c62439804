import {encodeArchive} from '../kernel/cpio.js';
import type {HostSocket} from './relay.js';
import type {Share} from './shares.js';

/** One network device of a machine. */
export type NetworkDevice = {
	/** Id of the attachment. */
	readonly endpointId: string;
	/** Tap on the host, owned by the machine's user. */
	readonly tap: string;
	/** Name in the guest, such as `eth0`. */
	readonly name: string;
	readonly mac: string;
	readonly address: string;
	readonly prefixLength: number;
	/** Gateway of the default route; absent if another network has it. */
	readonly gateway?: string;
	/** Default 1500. */
	readonly mtu?: number;
};

/** What a guest gets, once, to become the machine of a container. */
export type StartMessage = {
	readonly hostname: string;
	/** By path below `/run/holm` in the guest. */
	readonly files: Readonly<Record<string, Uint8Array>>;
	/** Sockets of the host that the container sees at `/run/holm/sockets/N`, where N is the index in the list. */
	readonly sockets?: readonly HostSocket[];
	/** Path of a socket in the container that the engine connects to, without symbolic links. */
	readonly service?: string;
	/** Of the guest's kernel, by their dotted names. */
	readonly sysctls?: Readonly<Record<string, string>>;
	/** How the container's process is connected. Absent for a helper machine, which only has its disk at `/rootfs`, its shares below `/shares`, and its agent. */
	readonly process?: {
		readonly terminal: boolean;
		readonly stdin: boolean;
	};
};

const netmaskOf = (prefixLength: number) => [24, 16, 8, 0].map(shift => ((2 ** 32 - 2 ** (32 - prefixLength)) / 2 ** shift) & 0xFF).join('.');

/** The line that makes the guest configure a device. */
export const linkLine = ({name, mac, address, prefixLength, gateway, mtu}: NetworkDevice) => `link ${name} ${mac} ${address} ${netmaskOf(prefixLength)} ${gateway ?? '-'}${mtu === undefined ? '' : ` ${mtu}`}\n`;

const yesOrNo = (isYes: boolean) => isYes ? 'yes' : 'no';

/** Sets the guest's clock. */
export const clockLine = (): string => `clock ${(Date.now() / 1000).toFixed(6)}\n`;

/** The bytes of a start message: the archive of files, then one command per line. */
export const encodeMessage = (
	message: StartMessage,
	devices: readonly NetworkDevice[],
	shares: readonly Share[],
): Uint8Array => Buffer.concat([
	encodeArchive(message.files),
	Buffer.from(`${clockLine()}seed\nhost ${message.hostname}\n`),
	Buffer.from('disk\n'),
	...devices.map((device, index) => Buffer.from(index === 0 ? `first ${linkLine(device)}` : linkLine(device))),
	Buffer.from('phase network\n'),
	...Object.entries(message.sysctls ?? {}).map(([name, value]) => Buffer.from(`sysctl ${name} ${value}\n`)),
	...(shares.length > 0 ? [Buffer.from('shares\n')] : []),
	...(message.sockets ?? []).map(({uid, gid, mode}, index) => Buffer.from(`socket ${index} ${uid} ${gid} ${mode.toString(8)}\n`)),
	...(message.service === undefined ? [] : [Buffer.from(`service ${message.service}\n`)]),
	...(message.sockets?.length || message.service !== undefined ? [Buffer.from('relaying\n')] : []),
	Buffer.from(message.process ? `run ${yesOrNo(message.process.terminal)} ${yesOrNo(message.process.stdin)}\n` : 'serve\n'),
]);
