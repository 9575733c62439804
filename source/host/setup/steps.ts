import type {SetupStep} from '../kernel/guest-kernel.js';

/** Interval after which a silent step reports how long it has taken. */
const intervalMs = 5000;

/**
Yields the steps that `work` reports, as they come, and throws its error at the end.

The work continues if the caller stops reading.
*/
export async function * stepsOf(work: (tell: (step: SetupStep) => void) => Promise<void>): AsyncGenerator<SetupStep> {
	const told: SetupStep[] = [];
	let news = Promise.withResolvers<void>();
	let latest: SetupStep | undefined;
	let since = 0;
	const push = (step: SetupStep) => {
		told.push(step);
		news.resolve();
		news = Promise.withResolvers();
	};

	const remind = () => {
		if (latest) {
			push({step: latest.step, detail: `${latest.detail}, for ${Math.round((performance.now() - since) / 1000)} s now`});
		}
	};

	let reminder = setInterval(remind, intervalMs);
	const progress = {isDone: false};
	const working = work(step => {
		clearInterval(reminder);
		reminder = setInterval(remind, intervalMs);
		latest = step;
		since = performance.now();
		push(step);
	}).finally(() => {
		progress.isDone = true;
		clearInterval(reminder);
		news.resolve();
	});
	// Thrown below.
	working.catch(() => undefined);
	while (!progress.isDone || told.length > 0) {
		const step = told.shift();
		if (step) {
			yield step;
		} else {
			await news.promise;
		}
	}

	await working;
}
