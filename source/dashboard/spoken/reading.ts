/** What is on the screen, for whoever has it read out from top to bottom. */
export type Reading = {
	/** What it is; said anew from its heading on when another one has come. */
	readonly key: string;
	/** Said when it changes. */
	readonly heading: string;
	/** Said once, after the heading. */
	readonly opening: readonly string[];
	/** Said when the cursor has moved to another id, and after the opening unless the opening contains it. */
	readonly cursor?: {readonly id: string; readonly text: string; readonly isInOpening?: boolean};
	/** All of it, for who asks. */
	readonly whole: () => readonly string[];
};
