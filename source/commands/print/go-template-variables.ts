/** The variables of a block, with those of the blocks around it. */
export type Variables = {
	/** The variable, whose value may be changed; undefined if there is none. */
	readonly find: (name: string) => {value: unknown} | undefined;
	readonly declare: (name: string, value: unknown) => void;
	/** Those of a block within this one. */
	readonly inner: () => Variables;
};

export const createVariables = (outer?: Variables): Variables => {
	const own = new Map<string, {value: unknown}>();
	const variables: Variables = {
		find: name => own.get(name) ?? outer?.find(name),
		declare(name, value) {
			own.set(name, {value});
		},
		inner: () => createVariables(variables),
	};
	return variables;
};
