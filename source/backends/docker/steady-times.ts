import {fieldsOf} from '../../wire/fields.js';
import {parseDuration} from '../../wire/times.js';
import type {Container, ContainerStatus} from '../../engine/resources.js';

/** The moment that a status is about. */
const timeOf = (status: ContainerStatus): number | undefined => {
	if (status.state === 'running' || status.state === 'paused') {
		return status.startedAt;
	}

	return status.state === 'created' ? undefined : status.finishedAt;
};

const withTime = (status: ContainerStatus, time: number): ContainerStatus => {
	if (status.state === 'running' || status.state === 'paused') {
		return {...status, startedAt: time};
	}

	return status.state === 'created' ? status : {...status, finishedAt: time};
};

/** How far apart two moments may be of which Docker's list has the same words; milliseconds. */
const unitOf = (words: string): number => {
	const unit = /\b(?:second|minute|hour|day|week|month|year)/v.exec(words)?.[0];
	// One of the unit, and what passes between the engine's clock reading and ours.
	return (unit === undefined ? 0 : parseDuration(`1 ${unit}`) ?? 0) + 1000;
};

/**
Keeps the times of containers from wavering.

Another engine's list tells a start as `Up 3 minutes`, so that it would be another moment at each reading. The first reading counts until the words say something else.
*/
export const createSteadyTimes = (): ((containers: readonly Container[], isAll: boolean) => Container[]) => {
	const known = new Map<string, {readonly state: string; readonly time: number}>();
	return (containers, isAll) => {
		if (isAll) {
			const ids = new Set(containers.map(({id}) => id));
			for (const id of known.keys()) {
				if (!ids.has(id)) {
					known.delete(id);
				}
			}
		}

		return containers.map(container => {
			const {id, status} = container;
			const time = timeOf(status);
			if (time === undefined) {
				return container;
			}

			const before = known.get(id);
			const words = fieldsOf(container.source).text('Status');
			if (before?.state === status.state && Math.abs(before.time - time) <= unitOf(words)) {
				return {...container, status: withTime(status, before.time)};
			}

			known.set(id, {state: status.state, time});
			return container;
		});
	};
};
