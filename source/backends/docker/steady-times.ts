import {fieldsOf} from '../../wire/fields.js';
import {parseDuration} from '../../wire/times.js';
import type {Container, ContainerStatus} from '../../engine/resources.js';

/** The time that a status refers to. */
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

/** Largest distance of two times, in milliseconds, that Docker's list describes with the same words. */
const unitOf = (words: string): number => {
	const unit = /\b(?:second|minute|hour|day|week|month|year)/v.exec(words)?.[0];
	// One unit, and the delay between the engine's clock reading and ours.
	return (unit === undefined ? 0 : parseDuration(`1 ${unit}`) ?? 0) + 1000;
};

/**
Keeps the times of containers stable between readings.

Other engines' lists have only `Up 3 minutes`, which yields another start time at each reading. The first one is kept until the words contradict it.
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
