type Shape<Verb> = Verb extends (...values: never) => AsyncIterable<unknown> ? 'values' : 'answer';

/** How each verb responds: with a promise of its answer, or with values as they come. */
type Shapes<Verbs> = {readonly [Name in keyof Required<Verbs>]: Shape<Required<Verbs>[Name]>};

/** `return` ends a pending `next`, as of the iterable itself. */
const lazyValues = (start: () => Promise<AsyncIterable<unknown>>): AsyncIterable<unknown> => ({
	[Symbol.asyncIterator]() {
		const iterator = (async () => (await start())[Symbol.asyncIterator]())();
		// Without a reader nobody handles its failure.
		iterator.catch(() => undefined);
		return {
			next: async () => (await iterator).next(),
			return: async () => await (await iterator).return?.() ?? {done: true, value: undefined},
		};
	},
});

/**
Verbs whose module is loaded by the first call of one of them, because most commands need one family.

Not for verbs that take a stream: it may fail while the module is loaded, before anything listens.
*/
export const lazyVerbs = <Verbs extends object>(shapes: Shapes<Verbs>, load: () => Promise<Verbs>): Verbs => {
	let loaded: Promise<Verbs> | undefined;
	const call = async (name: string, values: readonly unknown[]): Promise<unknown> => {
		loaded ??= load();
		const verbs = await loaded as Record<string, (...values: readonly unknown[]) => unknown>;
		return verbs[name]!(...values);
	};

	const verbOf = (name: string, shape: unknown) => shape === 'values'
		? (...values: readonly unknown[]) => lazyValues(async () => await call(name, values) as AsyncIterable<unknown>)
		: async (...values: readonly unknown[]) => call(name, values);
	return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, verbOf(name, shape)])) as Verbs;
};
