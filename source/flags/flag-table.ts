/** One flag, in meow's own words, with what the help says of it. */
export type Flag = {
	readonly type: 'boolean' | 'string';
	readonly shortFlag?: string;
	/** Other long names, such as `net` for `network`. */
	readonly aliases?: readonly string[];
	readonly isMultiple?: true;
	readonly default?: boolean | string;
	/** What stands for the value in the help, such as `PATH`. */
	readonly value?: string;
	readonly description: string;
};

/** Keys are camel case; on the command line they are kebab case. */
export type FlagTable = Readonly<Record<string, Flag>>;

type FlagValue<F extends Flag> = F extends {isMultiple: true}
	? readonly string[]
	: F extends {type: 'boolean'}
		? boolean
		: F extends {default: string} ? string : string | undefined;

export type FlagValues<Table extends FlagTable> = {readonly [Name in keyof Table]: FlagValue<Table[Name]>};

/** What a command line may hold after the name of its command. */
export type Arguments = {
	/**
	The arguments after the flags, such as `IMAGE [COMMAND] [ARG...]`: words in brackets may be left out, those with dots repeated. How many arguments are taken follows from it.
	*/
	readonly usage: string;
	readonly flags: FlagTable;
	/** The first argument ends the flags: what follows belongs to a program in the container. */
	readonly flagsEndAtFirstArgument?: boolean;
};
