import type {Duplex} from 'node:stream';
import type {BootPhase} from '../../engine/resources.js';
import type {Agent} from './ssh/agent.js';
import type {NetworkDevice} from './guest-protocol.js';
import type {MachineEnd} from './status.js';

/** A running machine. */
export type Machine = {
	readonly pid: number;
	/** Resolves when the container's process has started, or in a helper machine when its disk and shares are mounted. Rejects with the reason if the machine ends before. */
	readonly started: Promise<void>;
	/** Resolves when QEMU has ended. */
	readonly ended: Promise<MachineEnd>;
	readonly phases: () => readonly BootPhase[];
	/** When it was restored, in milliseconds since 1970. Its clock is set after that, so no line of its container's log is earlier. */
	readonly restoredAt: () => number;
	readonly agent: Agent;
	/** Connects to the service of the start message. Its answer does not say whether the socket is there: the connection then ends at once. Throws `unavailable` if the guest does not answer. */
	readonly connectService: () => Promise<Duplex>;
	/** Sends a signal to the container's process. Throws `invalid` for a number that is not a signal. */
	signal: (number: number) => Promise<void>;
	/** Sets the size of the process's terminal. */
	resize: (rows: number, columns: number) => Promise<void>;
	pause: () => Promise<void>;
	/** Sets the guest's clock to the host's time. */
	setClock: () => Promise<void>;
	/** Also sets the clock, which stopped during the pause. */
	resume: () => Promise<void>;
	/** Whether the VM is stalled: QEMU has paused it because the host's disk is full. It continues by itself once there is space. */
	readonly isOutOfSpace: () => boolean;
	plug: (device: NetworkDevice) => Promise<void>;
	unplug: (endpointId: string) => Promise<void>;
	/** Makes QEMU append the log to another file. Undefined if a worker rotates the log. */
	readonly swapLog?: (file: string) => Promise<void>;
	/** Ends a helper machine after it has synced its disk. */
	finish: () => Promise<void>;
	/** Ends the machine at once, like a power cut. */
	kill: () => Promise<void>;
	/** Detaches without stopping the machine. Its promises never settle then. */
	release: () => void;
};
