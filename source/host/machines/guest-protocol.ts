import {encodeArchive} from '../kernel/cpio.js';
import {type Share} from './shares.js';

/** One network device of a machine. */
export type NetworkDevice = {
	/** Id of the attachment, as long as it lasts. */
	readonly endpointId: string;
	/** Tap on the host, made and owned by the machine's user. */
	readonly tap: string;
	/** Name in the guest, such as `eth0`. */
	readonly name: string;
	readonly mac: string;
	readonly address: string;
	readonly prefixLength: number;
	/** The default route goes here; undefined for a network that is not the way out. */
	readonly gateway?: string;
};

/** What the guest gets and does, once. */
export type StartMessage = {
	readonly hostname: string;
	/** By path below `/run/holm` in the guest. */
	readonly files: Readonly<Record<string, Uint8Array>>;
	/** How the container's process is connected; undefined for a helper machine, which only has its disk at `/rootfs`, its shares below `/shares`, and its agent. */
	readonly process?: {
		readonly terminal: boolean;
		readonly stdin: boolean;
	};
};

const netmaskOf = (prefixLength: number) => [24, 16, 8, 0].map(shift => ((2 ** 32 - 2 ** (32 - prefixLength)) / 2 ** shift) & 0xFF).join('.');

/** The line that makes the guest configure a device. */
export const linkLine = ({name, mac, address, prefixLength, gateway}: NetworkDevice) => `link ${name} ${mac} ${address} ${netmaskOf(prefixLength)} ${gateway ?? '-'}\n`;

const yesOrNo = (isYes: boolean) => isYes ? 'yes' : 'no';

/** Sets the guest's clock. */
export const clockLine = (): string => `clock ${(Date.now() / 1000).toFixed(6)}\n`;

/** The bytes of a start message: one verb a line, the archive of files following its own line. */
export const encodeMessage = (
	message: StartMessage,
	devices: readonly NetworkDevice[],
	shares: readonly Share[],
): Uint8Array => Buffer.concat([
	Buffer.from(`${clockLine()}seed\nhost ${message.hostname}\n`),
	Buffer.from('files\n'),
	encodeArchive(message.files),
	Buffer.from('disk\n'),
	...devices.map((device, index) => Buffer.from(index === 0 ? `first ${linkLine(device)}` : linkLine(device))),
	Buffer.from('phase network\n'),
	...(shares.length > 0 ? [Buffer.from('shares\n')] : []),
	Buffer.from(message.process ? `run ${yesOrNo(message.process.terminal)} ${yesOrNo(message.process.stdin)}\n` : 'serve\n'),
]);
