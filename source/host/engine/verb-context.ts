import type {Context} from './context.js';
import type {Execs} from './exec-store.js';
import type {WithFiles} from './files.js';
import type {HelperMachines} from './helper-machines.js';
import type {Networking} from './networking.js';
import type {Supervisor} from './supervisor.js';

/** What the verbs of an engine work with. */
export type VerbContext = Context & {
	/** Of this engine, made once. */
	readonly id: string;
	/** Of this package. */
	readonly version: string;
	readonly networking: Networking;
	readonly supervisor: Supervisor;
	readonly helpers: HelperMachines;
	readonly execs: Execs;
	readonly withFiles: WithFiles;
};
