import process from 'node:process';
import type {DashboardOptions} from './open.js';

export type {DashboardOptions} from './open.js';

/** Opens the dashboard in the terminal and resolves with the exit status when it is left. React and Ink are loaded by then and not before. */
export const openDashboard = async (options: DashboardOptions): Promise<number> => {
	// React decides while it is loaded whether it checks everything it is given, which takes half as long again.
	process.env.NODE_ENV ??= 'production';
	const dashboard = await import('./open.js');
	return dashboard.openDashboard(options);
};
