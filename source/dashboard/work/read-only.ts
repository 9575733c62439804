import type {BuilderActions} from '../../engine/builder.js';
import type {Engine} from '../../engine/engine.js';
import {HolmError} from '../../engine/errors.js';

const reading = [
	'version', 'info', 'diskUsage', 'snapshot', 'events', 'containers', 'container', 'waitContainer', 'logs', 'bootLog', 'exec', 'stats', 'top', 'pathStatus', 'readArchive', 'changes', 'exportContainer', 'networks', 'network', 'dnsRecords', 'images', 'image', 'saveImages', 'volumes', 'volume',
] as const satisfies ReadonlyArray<keyof Engine>;

const refuse = (verb: string) => () => {
	throw new HolmError('forbidden', `${verb} was refused: the dashboard is read-only`, {remedy: 'open it without --read-only'});
};

/** The verbs of the builder that only read. */
const readingBuilder = new Set<string>(['status', 'steps'] satisfies ReadonlyArray<keyof BuilderActions>);

const readOnlyBuilder = (builder: BuilderActions): BuilderActions =>
	Object.fromEntries(Object.entries(builder).map(([verb, run]) => [verb, readingBuilder.has(verb) ? run : refuse(`builder ${verb}`)])) as BuilderActions;

/** The engine with all verbs refused but those known to only read. */
export const readOnly = (engine: Engine): Engine => {
	const allowed = new Set<string>(reading);
	const {builder} = engine;
	const entries = Object.entries(engine).map(([verb, run]) => [verb, allowed.has(verb) ? run : refuse(verb)]);
	return {...Object.fromEntries(entries) as Engine, builder: builder && readOnlyBuilder(builder)};
};
