/** Milliseconds between looks at a container whose state is to change. */
const delays = [5, 10, 20, 40, 80, 160, 250];

export const pause = async (milliseconds: number) => new Promise<undefined>(resolve => {
	setTimeout(resolve, milliseconds, undefined);
});

/** Milliseconds until the next look after some that saw no change. */
export const delayAfter = (attempt: number): number => delays[Math.min(attempt, delays.length - 1)]!;
