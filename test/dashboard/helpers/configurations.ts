import {plainContainer} from '../../../source/engine/plain-container.js';
import type {ContainerConfiguration, NetworkConfiguration} from '../../../source/engine/resources.js';

/** A configuration with defaults for everything not given. */
export const containerConfiguration = (given: Partial<ContainerConfiguration> = {}): ContainerConfiguration => ({
	...plainContainer, image: 'redis:alpine', ...given,
});

export const networkConfiguration = (name: string, given: Partial<NetworkConfiguration> = {}): NetworkConfiguration => ({name, internal: false, labels: {}, driver: 'bridge', ...given});
