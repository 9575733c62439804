/** One flag as meow declares it, with its help text. */
export type Flag = {
	readonly type: 'boolean' | 'string';
	readonly shortFlag?: string;
	/** Other long names, such as `net` for `network`. */
	readonly aliases?: readonly string[];
	readonly isMultiple?: true;
	readonly default?: boolean | string;
	/** Placeholder of the value in the help, such as `PATH`. */
	readonly value?: string;
	readonly description: string;
};

/** Keys in camel case; the command line has them in kebab case. */
export type FlagTable = Readonly<Record<string, Flag>>;

type FlagValue<F extends Flag> = F extends {isMultiple: true}
	? readonly string[]
	: F extends {type: 'boolean'}
		? boolean
		: F extends {default: string} ? string : string | undefined;

export type FlagValues<Table extends FlagTable> = {readonly [Name in keyof Table]: FlagValue<Table[Name]>};

const helpFlag = {type: 'boolean', description: 'Print this help'} as const;

/** A command's flags and `--help`. `-h` means help unless the command uses it otherwise. */
export const withHelpFlag = (flags: FlagTable): FlagTable => ({
	...flags,
	help: Object.values(flags).some(flag => flag.shortFlag === 'h') ? helpFlag : {...helpFlag, shortFlag: 'h'},
});

/** Flags of Docker's that are refused, with their dashes, and what to do instead. */
export type RefusedFlags = Readonly<Record<string, {readonly reason: string; readonly remedy: string}>>;

/** The arguments and flags of a command. */
export type Arguments = {
	/**
	The arguments after the flags, such as `IMAGE [COMMAND] [ARG...]`: words in brackets are optional, words with dots repeatable. It defines the number of arguments.
	*/
	readonly usage: string;
	readonly flags: FlagTable;
	readonly refused?: RefusedFlags;
	/** The first argument ends the flags; the rest belongs to a command in the container. */
	readonly flagsEndAtFirstArgument?: boolean;
	/** All arguments belong to another program; only `--help` alone asks for Holm's own help. */
	readonly passesArguments?: boolean;
};

export type ParsedArguments = {
	readonly help: boolean;
	readonly flags: Readonly<Record<string, unknown>>;
	readonly input: readonly string[];
};
