import {setFlagsFromString} from 'node:v8';
import type {DashboardOptions} from './frame/open.js';

export type {DashboardOptions} from './frame/open.js';

/** The first frames are drawn without these limits, which collect garbage often. */
const startMilliseconds = 1000;

/** By default V8 lets a heap of 35 MB grow to 200 MB under constant logs. Unknown flags are ignored. */
const limitHeap = (): void => {
	setFlagsFromString('--semi-space-growth-factor=1');
	setFlagsFromString('--heap-growing-percent=10');
};

/** Runs the dashboard in the terminal until it quits and resolves with the exit status. Loads React and Ink only when called. */
export const openDashboard = async (options: DashboardOptions): Promise<number> => {
	// React reads this when it is loaded; its development checks take half as long again.
	const {env} = process;
	env.NODE_ENV ??= 'production';
	setTimeout(limitHeap, startMilliseconds).unref();
	const dashboard = await import('./frame/open.js');
	return dashboard.openDashboard(options);
};
