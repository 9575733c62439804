import type {Session, TerminalSize} from './sessions.js';

export type ExecConfiguration = {
	readonly command: readonly string[];
	readonly terminal: boolean;
	readonly stdin: boolean;
	readonly environment: readonly string[];
	readonly workingDirectory?: string;
	readonly user?: string;
	readonly privileged: boolean;
};

export type ExecStatus = {
	readonly id: string;
	readonly containerId: string;
	readonly configuration: ExecConfiguration;
	readonly running: boolean;
	/** Set once the process has ended. */
	readonly exitCode?: number;
};

/** Additional processes in running containers. */
export type ExecsVerbs = {
	createExec: (reference: string, configuration: ExecConfiguration) => Promise<string>;
	startExec: (id: string, size?: TerminalSize) => Promise<Session>;
	resizeExec: (id: string, size: TerminalSize) => Promise<void>;
	exec: (id: string) => Promise<ExecStatus>;
};
