import type {Context} from './context.js';
import type {Execs} from './exec-store.js';
import type {WithFiles} from './files.js';
import type {HealthChecks} from './health.js';
import type {HelperMachines} from './helper-machines.js';
import type {Networking} from './networking.js';
import type {Supervisor} from './supervisor.js';

/** What the verbs of an engine share. */
export type VerbContext = Context & {
	/** Identity of this engine; created once. */
	readonly id: string;
	/** Version of this package. */
	readonly version: string;
	readonly networking: Networking;
	readonly supervisor: Supervisor;
	readonly healthChecks: HealthChecks;
	readonly helpers: HelperMachines;
	readonly execs: Execs;
	readonly withFiles: WithFiles;
};
