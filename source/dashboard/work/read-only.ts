import type {Engine} from '../../engine/engine.js';
import {HolmError} from '../../engine/errors.js';

const reading = [
	'version', 'info', 'diskUsage', 'snapshot', 'events', 'containers', 'container', 'waitContainer', 'logs', 'bootLog', 'exec', 'stats', 'top', 'pathStatus', 'readArchive', 'changes', 'exportContainer', 'networks', 'network', 'dnsRecords', 'images', 'image', 'saveImages', 'volumes', 'volume',
] as const satisfies ReadonlyArray<keyof Engine>;

/** The engine with all verbs refused but those known to only read. */
export const readOnly = (engine: Engine): Engine => {
	const allowed = new Set<string>(reading);
	const entries = Object.entries(engine).map(([verb, run]) => [verb, allowed.has(verb)
		? run
		: () => {
			throw new HolmError('forbidden', `${verb} was refused: the dashboard is read-only`, {remedy: 'open it without --read-only'});
		}]);
	return Object.fromEntries(entries) as Engine;
};
