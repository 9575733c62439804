/** The text of a pane, view or dialog for a screen reader. */
export type Reading = {
	/** Identifies it; another key is announced with heading and opening. */
	readonly key: string;
	/** Announced when it changes. */
	readonly heading: string;
	/** Announced once, after the heading. */
	readonly opening: readonly string[];
	/** Announced when its id changes, and after the opening unless `isInOpening`. */
	readonly cursor?: {readonly id: string; readonly text: string; readonly isInOpening?: boolean};
	/** All lines, for Ctrl-L. */
	readonly whole: () => readonly string[];
};
