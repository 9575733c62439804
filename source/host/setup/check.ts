/** One thing that the engine needs of its host, as it was found. */
export type Check = {
	readonly name: string;
	/** With a `warning` the engine works, but not well. */
	readonly status: 'ok' | 'missing' | 'warning';
	/** What was found, in one line: a version, a path, a size, or the reason why not. */
	readonly found: string;
	/** What to do, where something can be done: a command of this distribution. */
	readonly remedy?: string;
	/** Packages of this distribution that would mend it. */
	readonly packages?: readonly string[];
};
