import type {Builder, BuildStep} from '../../engine/builder.js';
import type {Container} from '../../engine/resources.js';
import type {Snapshot} from '../../engine/snapshot.js';
import {shortBytes} from '../../text/measures.js';
import type {Role} from '../frame/theme.js';

/** The builder as it is shown. */
export type BuilderView = {
	readonly status: Builder;
	/** What its builds run; undefined while that is not known. */
	readonly steps?: readonly BuildStep[];
};

/** A row of the list of containers: a container, or the builder, which is always the last one. */
export type ContainerRow = Container & {readonly builder?: BuilderView};

/** No container has such a name. */
export const builderTitle = '[builder]';

export const builderRow = ({status, container}: NonNullable<Snapshot['builder']>, steps?: readonly BuildStep[]): ContainerRow =>
	({...container, name: builderTitle, builder: {status, steps}});

/** Whether clients build. */
export const isBuilding = ({state, connections}: Builder): boolean => state === 'running' && connections > 0;

/** `stopped`, `running` or `building`. */
export const builderState = ({status}: BuilderView): string => isBuilding(status) ? 'building' : status.state;

/** The colour of the state. */
export const builderRole = ({status}: BuilderView): Role => isBuilding(status) ? 'accent' : (status.state === 'running' ? 'good' : 'dim');

/** The first process of each step. */
export const stepsOf = (processes: readonly BuildStep[]): readonly BuildStep[] =>
	processes.filter(({step}, index) => step !== processes[index - 1]?.step);

/** What it runs, or the size of its cache. */
export const builderText = ({status, steps = []}: BuilderView): string => {
	const [first, ...others] = isBuilding(status) ? stepsOf(steps) : [];
	if (!first) {
		return `cache ${shortBytes(status.usedBytes)} of ${shortBytes(status.diskBytes)}`;
	}

	return others.length === 0 ? first.command : `${others.length + 1} steps: ${first.command}`;
};
