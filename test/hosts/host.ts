export type CommandOptions = {
	readonly input?: string;
	/** Over the host's own environment. */
	readonly environment?: Readonly<Record<string, string>>;
	/** Default 2 minutes; then the command is killed, and `run` throws. */
	readonly limitMs?: number;
	/** Called for each line of standard output as it comes, by a host that can. */
	readonly onLine?: (line: string) => void;
};

export type CommandResult = {readonly stdout: string; readonly stderr: string; readonly exitCode: number};

/** A system as users have it, with Holm on it, in which commands can be run. */
export type Host = {
	/** The words that run `holm` there. */
	readonly holm: readonly string[];
	/** Runs a program there, without a shell, to its end. */
	readonly run: (argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
	/** What only a machine with a system of its own can do. */
	readonly system?: {
		/** Runs a program as the ordinary user `ada`, who logs in for it. */
		readonly runAsUser: Host['run'];
		/** Ends the sessions of both users, who log in again for the next command. */
		readonly logOut: () => Promise<void>;
		/** Makes a socket of the host one of this machine, and resolves with the path of that. It goes with the host, or with its next boot. */
		readonly forward: (socket: string) => Promise<string>;
		/** Starts the system again, as `reboot` does, and resolves once it is up. */
		readonly reboot: () => Promise<void>;
		/** Resets the machine without a word to its system, and resolves once it is up. */
		readonly cutPower: () => Promise<void>;
	};
	/** Ends everything of the host and removes it. */
	readonly close: () => Promise<void>;
};

export type HostKind = {
	readonly name: string;
	readonly describe: string;
	/** Why there can be no such host here; resolves with undefined where there can. */
	readonly obstacle: () => Promise<string | undefined>;
	/** `say` tells of a step that takes long. */
	readonly open: (say: (step: string) => void) => Promise<Host>;
};

/** Something that a user does on a host, and that has to go well. */
export type Case = {
	readonly name: string;
	readonly describe: string;
	/** Names of the hosts that it makes sense on; default all. */
	readonly hosts?: readonly string[];
	/** Default 10 minutes. */
	readonly limitMs?: number;
	/** Throws when something is not as it should be; cases come in their order, and each leaves the host as it found it. */
	readonly run: (host: Host, say: (step: string) => void) => Promise<void>;
};

const lastLines = (text: string) => text.trim().split('\n').slice(-12).join('\n');

/** Runs a program that has to succeed: what it prints on standard output, without the last line feed. When it fails, its last lines say where it was. */
export const must = async (host: Host, argv: readonly string[], options?: CommandOptions): Promise<string> => {
	const {stdout, stderr, exitCode} = await host.run(argv, options);
	if (exitCode !== 0) {
		throw new Error(`${argv.join(' ')}: exit status ${exitCode}: ${lastLines(`${stdout}${stderr}`)}`);
	}

	return stdout.replace(/\n$/v, '');
};

/** The same for a `holm` command. */
export const holm = async (host: Host, ...arguments_: readonly string[]): Promise<string> => must(host, [...host.holm, ...arguments_]);
