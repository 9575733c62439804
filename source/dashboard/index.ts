import process from 'node:process';
import {setFlagsFromString} from 'node:v8';
import type {DashboardOptions} from './frame/open.js';

export type {DashboardOptions} from './frame/open.js';

/** Opens the dashboard in the terminal and resolves with the exit status when it is left. React and Ink are loaded by then and not before. */
export const openDashboard = async (options: DashboardOptions): Promise<number> => {
	// React decides while it is loaded whether it checks everything it is given, which takes half as long again.
	process.env.NODE_ENV ??= 'production';
	// V8 lets a heap of 35 MB take 200 when a container logs without a pause. Unknown flags are ignored.
	setFlagsFromString('--semi-space-growth-factor=1');
	setFlagsFromString('--heap-growing-percent=10');
	const dashboard = await import('./frame/open.js');
	return dashboard.openDashboard(options);
};
