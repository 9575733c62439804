import type {Container, ContainerConfiguration, Mount, PublishedPort} from '../../engine/resources.js';
import {plainContainer} from '../../engine/plain-container.js';

/** What a container made by Holm keeps in its label: all that Apple's list does not give back. */
export type ContainerNotes = {
	/** Stays when the container is made again. */
	readonly id: string;
	readonly name: string;
	/** Milliseconds since the epoch: Apple's dates have whole seconds. */
	readonly createdAt: number;
	readonly imageId: string;
	/** Without what no user has asked for. */
	readonly configuration: Partial<ContainerConfiguration>;
	readonly process: Container['process'];
	readonly exposedPorts: readonly string[];
	/** Host port 0 as it was asked for. */
	readonly ports: readonly PublishedPort[];
	/** Anonymous volumes have their names. */
	readonly mounts: readonly Mount[];
	readonly healthcheck?: Container['healthcheck'];
};

/** The settings that differ from those of a container for which nothing is asked. */
export const askedFor = (configuration: ContainerConfiguration): Partial<ContainerConfiguration> =>
	Object.fromEntries(Object.entries(configuration).filter(([key, value]) =>
		JSON.stringify(value) !== JSON.stringify((plainContainer as Readonly<Record<string, unknown>>)[key])));
