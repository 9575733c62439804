import type {ContainerRow} from '../builder/builder-row.js';
import {clean} from '../../text/fit.js';
import {count} from '../spoken/words.js';
import {marksIn, selectedProject, targetsIn} from '../state/list-items.js';
import type {ListName} from '../state/ui-state.js';
import type {View} from '../work/controller.js';
import type {Plan} from '../work/plan.js';
import type {Project} from './projects.js';

/** The containers that an action applies to. The builder is never among them. */
export const containerTargets = ({listItems, getState}: View): readonly ContainerRow[] =>
	targetsIn(listItems(), getState(), 'containers').filter(({builder}) => !builder);

/** The project that an action applies to: the cursor is on its heading, and nothing is marked. */
export const targetProject = ({listItems, getState}: View): Project | undefined => {
	const {shown, hidden} = marksIn(listItems(), getState().lists.containers, 'containers');
	return shown.length + hidden.length === 0 ? selectedProject(listItems(), getState()) : undefined;
};

const verbFor = (number: number) => number === 1 ? 'is' : 'are';

/** What an action leaves out since it is not on the screen; undefined if that is nothing. */
export const leftOut = (controller: View, list: ListName): string | undefined => {
	const {hidden} = marksIn(controller.listItems(), controller.getState().lists[list], list);
	if (hidden.length > 0) {
		return `${count(hidden.length, 'marked row')} ${verbFor(hidden.length)} hidden and left out`;
	}

	const project = list === 'containers' ? targetProject(controller) : undefined;
	return project && project.hidden > 0 ? `${count(project.hidden, 'container')} of ${clean(project.name)} ${verbFor(project.hidden)} hidden and left out` : undefined;
};

/** What to say if an action has nothing to apply to. */
export const nothingText = (controller: View, list: ListName, text: string): string => {
	const {shown, hidden} = marksIn(controller.listItems(), controller.getState().lists[list], list);
	return shown.length === 0 && hidden.length > 0
		? `${text}: ${count(hidden.length, 'marked row')} ${verbFor(hidden.length)} hidden; Esc clears the filter, then the marks`
		: text;
};

/** The plan, which says what it leaves out. */
export const withLeftOut = (controller: View, list: ListName, plan: Plan | undefined): Plan | undefined => {
	const text = leftOut(controller, list);
	return plan && text !== undefined ? {...plan, consequences: [...plan.consequences, `${text}.`]} : plan;
};
