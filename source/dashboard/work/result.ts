import {clean} from '../../text/fit.js';
import type {Outcome} from './execute.js';
import type {Kept, Plan, PlanItem, PlanStep, PlanVerb} from './plan.js';

const pastOf: Readonly<Record<PlanVerb, string>> = {
	connect: 'connected',
	disconnect: 'disconnected',
	kill: 'killed',
	pause: 'paused',
	pruneBuilder: 'removed the cache of builds',
	removeBuilder: 'removed the builder',
	removeContainers: 'removed',
	removeImages: 'removed',
	removeNetworks: 'removed',
	removeVolumes: 'removed',
	restart: 'restarted',
	start: 'started',
	stop: 'stopped',
	stopBuilder: 'stopped the builder',
	unpause: 'resumed',
};

const kindOf = (verb: PlanVerb): 'container' | 'image' | 'network' | 'volume' =>
	({removeImages: 'image', removeNetworks: 'network', removeVolumes: 'volume'} as const)[verb as 'removeImages'] ?? 'container';

// More names do not fit in a line.
const namesShown = 3;

/** Names of items; of many, their number and the first. */
export const namesOf = (items: ReadonlyArray<{readonly name: string}>, kind: string): string => {
	const all = items.map(({name}) => clean(name));
	return all.length <= namesShown ? all.join(', ') : `${all.length} ${kind}s: ${all.slice(0, namesShown).join(', ')} and ${all.length - namesShown} more`;
};

const sentenceOf = (step: PlanStep, done: readonly PlanItem[]): string => {
	const {verb, network} = step;
	if (verb.endsWith('Builder')) {
		return pastOf[verb];
	}

	const kind = kindOf(verb);
	const noun = kind === 'container' || done.length > namesShown ? '' : `${kind}${done.length === 1 ? '' : 's'} `;
	const place = network === undefined ? '' : ` ${verb === 'connect' ? 'to' : 'from'} ${clean(network.name)}`;
	return `${pastOf[verb]} ${noun}${namesOf(done, kind)}${place}`;
};

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** What was done and to what, and what failed, in one line. */
export const resultOf = ({steps, failures}: Outcome): string => {
	const all = steps.reduce((sum, {step}) => sum + step.items.length, 0);
	const done = steps.filter(({done: items}) => items.length > 0).map(({step, done: items}) => sentenceOf(step, items));
	const failed = failures.length === 0 ? [] : [`${failures.length} of ${all} failed: ${namesOf(failures, 'item')}`];
	return done.length + failed.length === 0 ? 'Nothing was done' : capital([...done, ...failed].join('; '));
};

/** What the key of undo does for it; undefined if there is nothing. */
export const undoHint = ({containers, networks, connections = []}: Kept): string | undefined => {
	const number = containers.length + networks.length;
	if (number + connections.length === 0) {
		return undefined;
	}

	return number === 0 ? 'u reconnects' : `u recreates ${number === 1 ? 'it' : 'them'}`;
};

/** The title of a plan without its question mark. */
export const titleOf = ({title}: Plan): string => title.replace(/\?$/v, '');

const capitalVerb: Partial<Readonly<Record<PlanVerb, string>>> = {
	connect: 'Connect to', disconnect: 'Disconnect from', removeContainers: 'Remove containers', removeImages: 'Remove images', removeNetworks: 'Remove networks', removeVolumes: 'Remove volumes', pause: 'Pause', unpause: 'Resume', stop: 'Stop', start: 'Start', kill: 'Kill', restart: 'Restart',
};

/** A step in words, without its items: `Disconnect from shop`. */
export const stepTitle = ({verb, network, items}: PlanStep): string => {
	const words = capitalVerb[verb] ?? capital(verb);
	return network ? `${words} ${network.name}` : (items.length === 1 ? words.replace(/s$/v, '') : words);
};
