/** The result of checking one requirement of the host. */
export type Check = {
	readonly name: string;
	/** With a `warning` the engine works, with limitations. */
	readonly status: 'ok' | 'missing' | 'warning';
	/** What was found, in one line: a version, a path, a size, or the reason of a failure. */
	readonly found: string;
	/** What to do, such as a command of this distribution. */
	readonly remedy?: string;
	/** Packages of this distribution that fix it. */
	readonly packages?: readonly string[];
};
