import {type BootPhase} from '../../engine/resources.js';
import {type Agent} from './ssh/agent.js';
import {type NetworkDevice} from './guest-protocol.js';
import {type MachineEnd} from './status.js';

/** A machine that runs. */
export type Machine = {
	readonly pid: number;
	/** Resolves when the process in it has started, or in a helper machine when its disk and shares are mounted; rejects with the reason when the machine ends before. */
	readonly started: Promise<void>;
	/** Resolves when QEMU is gone. */
	readonly ended: Promise<MachineEnd>;
	readonly phases: () => readonly BootPhase[];
	readonly agent: Agent;
	/** Sends a signal to the container's process, once that runs. Throws `invalid` for a number that is none. */
	signal: (number: number) => Promise<void>;
	/** Sets the size of the process's terminal, once that runs. */
	resize: (rows: number, columns: number) => Promise<void>;
	pause: () => Promise<void>;
	/** Sets its guest's clock to the host's. */
	setClock: () => Promise<void>;
	/** Its clock is set, too, for it stood still meanwhile. */
	resume: () => Promise<void>;
	/** Whether it stands still because what it writes finds no room on the host's disk. It goes on by itself when there is some. */
	readonly isOutOfSpace: () => boolean;
	plug: (device: NetworkDevice) => Promise<void>;
	unplug: (endpointId: string) => Promise<void>;
	/** Makes QEMU append log entries to another file from now on; undefined where a worker does. */
	readonly swapLog?: (file: string) => Promise<void>;
	/** Ends a helper machine after everything it wrote is on its disk. */
	finish: () => Promise<void>;
	/** Ends it at once, as a power cut would. */
	kill: () => Promise<void>;
	/** Lets go of it without ending it; its promises never settle then. */
	release: () => void;
};
