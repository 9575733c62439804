import type {Container} from '../../engine/resources.js';
import type {ContainerRecord} from './state.js';

/** Replaces what is shown of a container and tells whoever waits for it. */
export const change = (record: ContainerRecord, changes: Partial<Container>): void => {
	record.container = {...record.container, ...changes};
	record.changed.notify();
	record.log.notify();
};
