import {HolmError} from '../engine/errors.js';
import {defaultNetwork} from '../engine/networks.js';
import type {
	Container,
	EngineEvent,
	Network,
	Volume,
} from '../engine/resources.js';
import {
	hasLabel,
	isTrue,
	labelRules,
	nameMatcher,
	oneOf,
	untilOf,
	type FilterRules,
	type Matcher,
} from './filters.js';

const states = ['created', 'paused', 'running', 'restarting', 'exited', 'removing', 'dead'] as const;

/** Matches ports by a filter's value: a port or a range, optionally with a protocol. Throws `invalid`. */
const portMatcher = (value: string): ((port: number, protocol: string) => boolean) => {
	const match = /^(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?(?:\/(?<wanted>tcp|udp))?$/v.exec(value);
	if (!match) {
		throw new HolmError('invalid', `invalid port ${JSON.stringify(value.slice(0, 40))} in a filter`, {remedy: 'write 80, 80/udp or 8000-8080'});
	}

	const {first, last = first, wanted} = match.groups!;
	return (port, protocol) => port >= Number(first) && port <= Number(last) && (wanted === undefined || protocol === wanted);
};

/** What the container filters need beside the container. */
export type ContainerFilterContext = {
	/** Whether a container's image is the given one, by name or id, or was built on it. */
	readonly ancestor: Matcher<Container>;
	/** Position of a container, by reference, in the order of creation. Throws `not-found`. */
	readonly positionOf: (reference: string) => number;
};

/** Docker's filters of `ps`. */
export const containerRules = ({ancestor, positionOf}: ContainerFilterContext): FilterRules<Container> => ({
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
	ancestor,
	network: value => ({attachments}) => attachments.some(({network, networkId}) => network === value || (value === 'default' && network === 'bridge') || (value.length > 1 && networkId.startsWith(value))),
	volume: value => ({mounts}) => mounts.some(mount => mount.target === value || (mount.type !== 'tmpfs' && mount.source === value)),
	publish(value) {
		const matches = portMatcher(value);
		return ({ports}) => ports.some(({hostPort, protocol}) => matches(hostPort, protocol));
	},
	expose(value) {
		const matches = portMatcher(value);
		return ({exposedPorts}) => exposedPorts.some(port => matches(Number(port.split('/', 1)[0]), port.split('/')[1] ?? 'tcp'));
	},
	before(value) {
		const last = positionOf(value);
		return ({id}) => positionOf(id) < last;
	},
	since(value) {
		const first = positionOf(value);
		return ({id}) => positionOf(id) > first;
	},
	health(value) {
		const wanted = oneOf('health', value, ['starting', 'healthy', 'unhealthy', 'none']);
		return ({health}) => wanted === (health?.status ?? 'none');
	},
	'is-task'(value) {
		const isWanted = isTrue('is-task', value);
		return () => !isWanted;
	},
});

/** Docker's filters of `network ls`. */
export const networkRules: FilterRules<Network> = {
	id: value => ({id}) => id.startsWith(value),
	name(value) {
		const matches = nameMatcher(value);
		return ({name}) => matches(name);
	},
	driver: value => ({driver}) => driver === value,
	scope: value => () => value === 'local',
	type(value) {
		const isBuiltIn = oneOf('type', value, ['builtin', 'custom']) === 'builtin';
		return ({name}) => isBuiltIn === (name === defaultNetwork);
	},
	dangling(value) {
		const isUnused = isTrue('dangling', value);
		return ({name, leases}) => isUnused === (name !== defaultNetwork && leases.every(({isResting}) => isResting));
	},
	...labelRules(({labels}: Network) => labels),
};

/** Docker's filters of `volume ls`. */
export const volumeRules = (isUsed: (volume: Volume) => boolean): FilterRules<Volume> => ({
	name: value => ({name}) => name.includes(value),
	driver: value => () => value === 'local',
	dangling(value) {
		const isDangling = isTrue('dangling', value);
		return volume => isDangling !== isUsed(volume);
	},
	...labelRules(({labels}: Volume) => labels),
});

/** Matches events of a resource, by its id, id prefix or name. */
const resourceMatcher = (type: EngineEvent['type']): Matcher<EngineEvent> => value => {
	const isId = /^[\da-f]{12,64}$/v.test(value);
	return ({type: given, id, attributes: {name}}) =>
		given === type && (id === value || name === value || (isId && id.startsWith(value)) || (type === 'image' && name?.startsWith(`${value}:`) === true));
};

/** Matches an action; some events have a detail after a colon, such as the command of an exec. */
const action: Matcher<EngineEvent> = value => event => event.action === value || event.action.startsWith(`${value}:`);

/** Docker's filters of `events`. */
export const eventRules: FilterRules<EngineEvent> = {
	type: value => ({type}) => type === value,
	event: action,
	action,
	container(value) {
		const isOfContainer = resourceMatcher('container')(value);
		return event => isOfContainer(event) || (event.type === 'network' && value.length >= 12 && event.attributes.container?.startsWith(value) === true);
	},
	image(value) {
		const isOfImage = resourceMatcher('image')(value);
		return event => isOfImage(event) || (event.type === 'container' && event.attributes.image === value);
	},
	network: resourceMatcher('network'),
	volume: resourceMatcher('volume'),
	daemon: resourceMatcher('daemon'),
	label: {every: value => ({attributes}) => hasLabel(attributes, value)},
	scope: value => () => value === 'local',
};

/** Docker's filters of a prune: `label`, `label!` and `until`. */
export const pruneRules = <Item extends {readonly createdAt: number}>(
	labelsOf: (item: Item) => Readonly<Record<string, string>>,
	now: number,
): FilterRules<Item> => ({
	...labelRules(labelsOf),
	until(value) {
		const last = untilOf(value, now);
		return ({createdAt}) => createdAt < last;
	},
});
