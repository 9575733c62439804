/** What the API says of an exec and the engine does not keep. */
export type ExecNote = {
	/** Docker's notation, as the client gave it when it made the exec. */
	readonly detachKeys?: string;
	/** Of a program that could not be started. */
	readonly exitCode?: number;
};

export type ExecNotes = {
	/** Adds to what is known of an exec. */
	keep: (id: string, note: ExecNote) => void;
	find: (id: string) => ExecNote;
};

/** An exec is started at once after it was made, and asked about at once after it has ended, if at all. */
const maximumNotes = 1024;

export const createExecNotes = (): ExecNotes => {
	const notes = new Map<string, ExecNote>();
	return {
		keep(id, note) {
			const known = notes.get(id);
			notes.delete(id);
			notes.set(id, {...known, ...note});
			const [oldest] = notes.keys();
			if (notes.size > maximumNotes && oldest !== undefined) {
				notes.delete(oldest);
			}
		},
		find: id => notes.get(id) ?? {},
	};
};
