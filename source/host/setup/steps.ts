import {type SetupStep} from '../kernel/guest-kernel.js';

/** A step that says nothing for this long says how long it has taken. */
const intervalMs = 5000;

/**
The steps that `work` tells of, as they come, and its failure as the last of them.

A caller that stops listening does not stop the work.
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
	// Thrown below, where somebody waits for it.
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
