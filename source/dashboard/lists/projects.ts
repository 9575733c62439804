import type {Container} from '../../engine/resources.js';
import type {ContainerRow} from '../builder/builder-row.js';

const projectLabel = 'com.docker.compose.project';
const serviceLabel = 'com.docker.compose.service';
const dependsLabel = 'com.docker.compose.depends_on';

type Labelled = Pick<Container, 'configuration'> & {readonly builder?: unknown};

const labelOf = ({configuration: {labels}}: Labelled, label: string): string | undefined =>
	Object.hasOwn(labels, label) && labels[label] !== '' ? labels[label] : undefined;

/** The Compose project of a container. */
export const projectOf = (container: Labelled): string | undefined => container.builder ? undefined : labelOf(container, projectLabel);

/** The services that a container needs: `db:service_healthy:false,cache:service_started:true` names two. */
const neededServices = (container: Labelled): readonly string[] =>
	(labelOf(container, dependsLabel) ?? '').split(',').map(part => part.split(':', 1)[0]!.trim()).filter(name => name !== '');

/** The containers of a project that the list shows. */
export type Project = {
	/** Of its row in the list; no container has such an id. */
	readonly id: string;
	readonly name: string;
	readonly containers: readonly ContainerRow[];
	/** Containers of the project that the list hides. */
	readonly hidden: number;
	readonly isFolded: boolean;
};

/** A row of the list of containers: a container, the builder, or the heading of a project. */
export type ListedRow =
	| {readonly type: 'container'; readonly id: string; readonly container: ContainerRow; readonly isInProject: boolean}
	| {readonly type: 'project'; readonly id: string; readonly project: Project};

export const projectId = (name: string): string => `project ${name}`;

/** Rows grouped by project; a project is where its first container is. `all` are those before the filter. */
export const groupRows = (
	containers: readonly ContainerRow[],
	all: readonly Container[],
	folded: ReadonlySet<string>,
): readonly ListedRow[] => {
	const groups = Map.groupBy(containers, container => projectOf(container));
	const totals = Map.groupBy(all, container => projectOf(container));
	const listed = new Set<string>();
	return containers.flatMap((container): readonly ListedRow[] => {
		const name = projectOf(container);
		if (name === undefined) {
			return [{type: 'container', id: container.id, container, isInProject: false}];
		}

		if (listed.has(name)) {
			return [];
		}

		listed.add(name);
		const members = groups.get(name)!;
		const project: Project = {
			id: projectId(name),
			name,
			containers: members,
			hidden: Math.max(0, (totals.get(name)?.length ?? 0) - members.length),
			isFolded: folded.has(name),
		};
		const heading: ListedRow = {type: 'project', id: project.id, project};
		const rows = project.isFolded ? [] : members.map((member): ListedRow => ({type: 'container', id: member.id, container: member, isInProject: true}));
		return [heading, ...rows];
	});
};

export type ProjectCounts = {readonly running: number; readonly total: number; readonly unhealthy: number};

export const countsOf = (containers: readonly ContainerRow[]): ProjectCounts => ({
	running: containers.filter(({status: {state}}) => state === 'running').length,
	total: containers.length,
	unhealthy: containers.filter(({status: {state}, health}) => state === 'running' && health?.status === 'unhealthy').length,
});

/** For each container the number of its step when all are started: 0 for those that need none of the others. Containers that need each other share the last step. */
export const startSteps = (containers: readonly Container[]): ReadonlyMap<string, number> => {
	const steps = new Map<string, number>();
	const needs = new Map(containers.map(container => {
		const services = new Set(neededServices(container));
		const project = projectOf(container);
		const needed = containers.filter(other =>
			project !== undefined && other !== container && projectOf(other) === project && services.has(labelOf(other, serviceLabel) ?? ''));
		return [container.id, needed.map(({id}) => id)] as const;
	}));
	let left = containers.map(({id}) => id);
	for (let step = 0; left.length > 0; step++) {
		const ready = left.filter(id => needs.get(id)!.every(other => steps.has(other)));
		const now = ready.length === 0 ? left : ready;
		for (const id of now) {
			steps.set(id, step);
		}

		left = left.filter(id => !steps.has(id));
	}

	return steps;
};

/** The containers in steps: for a start those that others need come first, for an end those that need others. */
export const inSteps = <Each extends Container>(containers: readonly Each[], direction: 'start' | 'end'): ReadonlyArray<readonly Each[]> => {
	const steps = startSteps(containers);
	const groups = Map.groupBy(containers, ({id}) => steps.get(id)!);
	const ordered = [...groups.keys()].toSorted((a, b) => a - b).map(step => groups.get(step)!);
	return direction === 'start' ? ordered : ordered.toReversed();
};
