import type {Container} from '../../engine/resources.js';
import {quoteWord} from '../forms/words.js';
import type {Plan, PlanStep} from '../work/plan.js';
import {inSteps, type Project} from './projects.js';

/** The command of a plan with the names of its items replaced. */
const commandOf = ({command, items}: PlanStep, names: readonly string[]): string => {
	const all = items.map(({name}) => quoteWord(name)).join(' ');
	return command.endsWith(all) ? command.slice(0, command.length - all.length) + names.map(name => quoteWord(name)).join(' ') : command;
};

/** The same plan step by step, if Compose says that some of the containers need others: for a start those come first, for an end they come last. */
export const inOrder = (plan: Plan, containers: readonly Container[], direction: 'start' | 'end'): Plan => {
	const steps = inSteps(containers, direction).flatMap(step => {
		const items = plan.items.filter(({id}) => step.some(container => container.id === id));
		return items.length === 0 ? [] : [items];
	});
	if (steps.length < 2) {
		return plan;
	}

	const numbered = steps.map((items): PlanStep => ({
		verb: plan.verb,
		items,
		command: commandOf(plan, items.map(({name}) => name)),
	}));
	const last = numbered.at(-1)!;
	return {
		...plan,
		...last,
		again(now, isByName) {
			const next = plan.again?.(now, isByName);
			return next && inOrder(next, now.containers, direction);
		},
		first: numbered.slice(0, -1),
		consequences: [...plan.consequences, direction === 'start' ? 'In steps: those that others depend on come first.' : 'In steps: those that depend on others come first.'],
	};
};

/** The plan with the project in its question. */
export const ofProject = (plan: Plan, project: Project | undefined, count: number): Plan =>
	project ? {...plan, title: `${plan.accept} project ${project.name}, ${count === 1 ? '1 container' : `${count} containers`}?`} : plan;
