/** Data of an exec that the API needs and the engine does not keep. */
export type ExecNote = {
	/** In Docker's notation, as given at the exec's creation. */
	readonly detachKeys?: string;
	/** Set if the command could not be started. */
	readonly exitCode?: number;
};

export type ExecNotes = {
	/** Merges notes into those of an exec. */
	keep: (id: string, note: ExecNote) => void;
	find: (id: string) => ExecNote;
};

/** Bound of kept notes: clients start an exec right after creating it, and inspect it right after its end. */
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
