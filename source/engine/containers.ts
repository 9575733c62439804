import type {Requester} from './lifecycle.js';
import type {Container, ContainerConfiguration, Filters, Pruned} from './resources.js';

/** Listing, creation and removal of containers. */
export type ContainersVerbs = {
	/** Running containers, or `all`; newest first. */
	containers: (options?: {readonly all?: boolean; readonly filters?: Filters; readonly size?: boolean}) => Promise<readonly Container[]>;
	container: (reference: string, options?: {readonly size?: boolean}) => Promise<Container>;
	/** Throws `not-found` for an unknown image: the caller pulls it. */
	createContainer: (configuration: ContainerConfiguration) => Promise<{readonly id: string; readonly warnings: readonly string[]}>;
	renameContainer: (reference: string, name: string) => Promise<void>;
	removeContainer: (reference: string, options?: Requester & {readonly force?: boolean; readonly volumes?: boolean}) => Promise<void>;
	/** Removes a link of a container by its alias; a running one keeps its files and variables until it ends. */
	removeLink: (reference: string, alias: string) => Promise<void>;
	pruneContainers: (filters?: Filters) => Promise<Pruned>;
};
