import type {Filters} from '../../engine.js';
import type {Container} from '../../resources.js';
import {
	filterOf,
	isTrue,
	labelRules,
	matchesName,
	oneOf,
	type FilterRule,
} from '../../rules/filters.js';
import {findContainer} from '../../rules/references.js';
import {findImage} from './image-store.js';
import type {State} from './state.js';

const states = ['created', 'running', 'paused', 'restarting', 'exited', 'removing', 'dead'] as const;

const portText = (value: string) => value.includes('/') ? value : `${value}/tcp`;

/** Whether a container was made of an image, given by name or id, or of one that was built on it. */
const isOfImage = (state: State) => (container: Container, value: string): boolean => {
	let wanted;
	try {
		wanted = findImage(state, value).record.image;
	} catch {
		return container.configuration.image === value;
	}

	const image = state.images.get(container.imageId)?.image;
	return container.imageId === wanted.id || (image !== undefined && wanted.layers.length > 0 && wanted.layers.every((layer, index) => image.layers[index] === layer));
};

const createdAtOf = (state: State, value: string): number => findContainer(state.containers, value).container.createdAt;

const rules = (state: State): Readonly<Record<string, FilterRule<Container>>> => ({
	id: ({id}, value) => id.startsWith(value),
	name: ({name}, value) => matchesName(name, value) || matchesName(`/${name}`, value),
	...labelRules(({configuration}: Container) => configuration.labels),
	status: ({status}, value) => status.state === oneOf('status', value, states),
	exited: ({status}, value) => status.state === 'exited' && status.exitCode === Number(value),
	ancestor: isOfImage(state),
	network: ({attachments}, value) => attachments.some(({network, networkId}) => network === value || networkId === value || (value === 'default' && network === 'bridge') || (value.length >= 2 && networkId.startsWith(value))),
	volume: ({mounts}, value) => mounts.some(mount => mount.target === value || (mount.type === 'volume' && mount.source === value)),
	publish: ({ports}, value) => ports.some(({hostPort, protocol}) => `${hostPort}/${protocol}` === portText(value)),
	expose: ({exposedPorts}, value) => exposedPorts.includes(portText(value)),
	before: ({createdAt}, value) => createdAt < createdAtOf(state, value),
	since: ({createdAt}, value) => createdAt > createdAtOf(state, value),
	health: (_container, value) => oneOf('health', value, ['starting', 'healthy', 'unhealthy', 'none']) === 'none',
	'is-task': (_container, value) => !isTrue('is-task', value),
});

/** Docker's filters of `ps`. */
export const containerFilter = (state: State, filters: Filters | undefined): ((container: Container) => boolean) => filterOf(filters, rules(state));
