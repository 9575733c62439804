import type {Filters} from '../../engine.js';
import type {Container, Image} from '../../resources.js';
import {
	filterOf,
	isTrue,
	labelRules,
	nameMatcher,
	oneOf,
	type FilterRules,
	type Matcher,
} from '../../rules/filters.js';
import {findContainer} from '../../rules/references.js';
import {findImage} from './image-store.js';
import type {State} from './state.js';

const states = ['created', 'running', 'paused', 'restarting', 'exited', 'removing', 'dead'] as const;

const portText = (value: string) => value.includes('/') ? value : `${value}/tcp`;

/** Whether a container was made of an image, given by name or id, or of one that was built on it. */
const ancestor = (state: State): Matcher<Container> => value => {
	let wanted: Image;
	try {
		wanted = findImage(state, value).record.image;
	} catch {
		return ({configuration}) => configuration.image === value;
	}

	return ({imageId}) => {
		const image = state.images.get(imageId)?.image;
		return imageId === wanted.id || (image !== undefined && wanted.layers.length > 0 && wanted.layers.every((layer, index) => image.layers[index] === layer));
	};
};

/** Ids in the order in which the containers were made: many are made in one millisecond. */
const position = ({containers}: State, id: string): number => [...containers.keys()].indexOf(id);

const rules = (state: State): FilterRules<Container> => ({
	id: value => ({id}) => id.startsWith(value),
	name(value) {
		const matches = nameMatcher(value);
		return ({name}) => matches(name);
	},
	...labelRules(({configuration}: Container) => configuration.labels),
	status(value) {
		const wanted = oneOf('status', value, states);
		return ({status}) => status.state === wanted;
	},
	exited: value => ({status}) => status.state === 'exited' && status.exitCode === Number(value),
	ancestor: ancestor(state),
	network: value => ({attachments}) => attachments.some(({network, networkId}) => network === value || (value === 'default' && network === 'bridge') || (value.length > 1 && networkId.startsWith(value))),
	volume: value => ({mounts}) => mounts.some(mount => mount.target === value || (mount.type === 'volume' && mount.source === value)),
	publish: value => ({ports}) => ports.some(({hostPort, protocol}) => `${hostPort}/${protocol}` === portText(value)),
	expose: value => ({exposedPorts}) => exposedPorts.includes(portText(value)),
	before(value) {
		const last = position(state, findContainer(state.containers, value).id);
		return ({id}) => position(state, id) < last;
	},
	since(value) {
		const first = position(state, findContainer(state.containers, value).id);
		return ({id}) => position(state, id) > first;
	},
	health(value) {
		const isNone = oneOf('health', value, ['starting', 'healthy', 'unhealthy', 'none']) === 'none';
		return () => isNone;
	},
	'is-task'(value) {
		const isWanted = isTrue('is-task', value);
		return () => !isWanted;
	},
});

/** Docker's filters of `ps`. */
export const containerFilter = (state: State, filters: Filters | undefined): ((container: Container) => boolean) => filterOf(filters, rules(state));
