import type {Snapshot} from '../../engine/snapshot.js';
import {itemKey, stepsOf, type Plan, type PlanItem, type PlanVerb} from './plan.js';

export type Recheck = {
	/** The plan for what is there now; undefined if nothing is left to do. */
	readonly plan?: Plan;
	/** What has changed since the plan was made, as sentences. */
	readonly changes: readonly string[];
	/** It would do more than was agreed to, so it has to be asked about again. */
	readonly isMore: boolean;
};

const itemsOf = (plan: Plan): ReadonlyMap<string, {readonly verb: PlanVerb; readonly item: PlanItem}> =>
	new Map(stepsOf(plan).flatMap(step => step.items.map(item => [itemKey(step, item.id), {verb: step.verb, item}] as const)));

const doing: Partial<Readonly<Record<PlanVerb, string>>> = {disconnect: 'disconnected', removeContainers: 'removed'};

const isHere = ({containers, networks, images, volumes}: Snapshot, id: string): boolean =>
	[...containers, ...networks, ...images].some(item => item.id === id) || volumes.some(({name}) => name === id);

/** Compares a confirmed plan with the engine as it is now. */
export const recheck = (plan: Plan, now: Snapshot): Recheck => {
	if (!plan.again) {
		return {plan, changes: [], isMore: false};
	}

	const next = plan.again(now);
	const before = itemsOf(plan);
	const after = next ? itemsOf(next) : new Map<string, {readonly verb: PlanVerb; readonly item: PlanItem}>();
	const gone = [...before].filter(([key]) => !after.has(key)).map(([, {item: {id, name}}]) => isHere(now, id) ? `${name} needs it no longer` : `${name} is gone`);
	const added = [...after].filter(([key]) => !before.has(key)).map(([, {verb, item}]) => `${item.name} would be ${doing[verb] ?? 'affected'} too`);
	const riskier = [...after].flatMap(([key, {item: {name, risk}}]) => {
		const known = before.get(key)?.item;
		return known && risk !== undefined && known.risk !== risk ? [`${name} ${risk === 'runs' ? 'runs now' : (risk === 'builds' ? 'runs builds now' : `has other tags now: ${risk}`)}`] : [];
	});
	return {...next && {plan: next}, changes: [...new Set([...added, ...riskier, ...gone])], isMore: added.length + riskier.length > 0};
};
