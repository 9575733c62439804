export type CommandOptions = {
	readonly input?: string;
	/** Added to the host's environment. */
	readonly environment?: Readonly<Record<string, string>>;
	/** Default 2 minutes; then the command is killed, and `run` throws. */
	readonly limitMs?: number;
	/** Called for each line of standard output as it comes, if the host supports it. */
	readonly onLine?: (line: string) => void;
};

export type CommandResult = {readonly stdout: string; readonly stderr: string; readonly exitCode: number};

/** A system with Holm, as users have it, that can run commands. */
export type Host = {
	/** The command that runs `holm` there. */
	readonly holm: readonly string[];
	/** Runs a program there, without a shell, until it ends. */
	readonly run: (argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
	/** Functions of hosts that are whole systems. */
	readonly system?: {
		/** Runs a program as the ordinary user `ada`, who logs in for it. */
		readonly runAsUser: Host['run'];
		/** Ends the sessions of both users, who log in again for the next command. */
		readonly logOut: () => Promise<void>;
		/** Forwards a socket of the host to a local one, and resolves with its path. It is removed with the host, or with its next boot. */
		readonly forward: (socket: string) => Promise<string>;
		/** Reboots the system, and resolves once it is up. */
		readonly reboot: () => Promise<void>;
		/** Resets the machine without a shutdown, and resolves once it is up. */
		readonly cutPower: () => Promise<void>;
	};
	/** What explains a failure: the ends of its logs and of its machines' consoles. */
	readonly evidence?: () => Promise<string>;
	/** Stops and removes the host. */
	readonly close: () => Promise<void>;
};

export type HostKind = {
	readonly name: string;
	readonly describe: string;
	/** Why there can be no such host here; undefined if there can. */
	readonly obstacle: () => Promise<string | undefined>;
	/** `say` reports slow steps. */
	readonly open: (say: (step: string) => void) => Promise<Host>;
};

/** Something that a user does on a host, and that has to succeed. */
export type Case = {
	readonly name: string;
	readonly describe: string;
	/** Names of the hosts that it makes sense on; default all. */
	readonly hosts?: readonly string[];
	/** Default 10 minutes. */
	readonly limitMs?: number;
	/** Throws if something is wrong. Cases run in order, and each restores the state of the host. */
	readonly run: (host: Host, say: (step: string) => void) => Promise<void>;
};

const lastLines = (text: string) => text.trim().split('\n').slice(-12).join('\n');

/** Runs a program and resolves with its standard output, without the last line feed. Throws with its last lines if it fails. */
export const must = async (host: Host, argv: readonly string[], options?: CommandOptions): Promise<string> => {
	const {stdout, stderr, exitCode} = await host.run(argv, options);
	if (exitCode !== 0) {
		throw new Error(`${argv.join(' ')}: exit status ${exitCode}: ${lastLines(`${stdout}${stderr}`)}`);
	}

	return stdout.replace(/\n$/v, '');
};

/** Runs a `holm` command like `must`. */
export const holm = async (host: Host, ...arguments_: readonly string[]): Promise<string> => must(host, [...host.holm, ...arguments_]);
