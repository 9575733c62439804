/** Runs the steps in order, continues past errors, and throws them together as an `AggregateError` with the message. */
export const takeEveryStep = async (steps: ReadonlyArray<() => Promise<unknown>>, message: string): Promise<void> => {
	const errors: unknown[] = [];
	for (const step of steps) {
		try {
			await step();
		} catch (error) {
			errors.push(error);
		}
	}

	if (errors.length > 0) {
		throw new AggregateError(errors, message);
	}
};
