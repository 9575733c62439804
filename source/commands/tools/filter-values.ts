import type {Kind} from './candidates.js';

type Values = {readonly values: readonly string[]; readonly kinds: readonly Kind[]};

/** A key of `--filter`, whose values are few words, names of the engine, or anything. */
type Keys = Readonly<Record<string, readonly string[] | Kind | undefined>>;

const booleans = ['true', 'false'];
const labels: Keys = {label: undefined};

const keys: Readonly<Record<string, Keys>> = {
	container: {
		status: ['created', 'running', 'paused', 'restarting', 'exited', 'removing', 'dead'],
		health: ['starting', 'healthy', 'unhealthy', 'none'],
		name: 'container', id: undefined, ...labels, ancestor: 'image', network: 'network', volume: 'volume',
		exited: undefined, publish: undefined, expose: undefined, before: 'container', since: 'container',
	},
	image: {
		reference: 'image', dangling: booleans, before: 'image', since: 'image', until: undefined, ...labels,
	},
	network: {
		name: 'network', id: undefined, driver: ['bridge'], type: ['builtin', 'custom'], dangling: booleans, ...labels,
	},
	volume: {
		name: 'volume', driver: ['local'], dangling: booleans, ...labels,
	},
	events: {
		type: ['container', 'image', 'network', 'volume', 'daemon'], event: undefined, container: 'container', image: 'image',
		network: 'network', volume: 'volume', ...labels,
	},
	prune: {'label!': undefined, until: undefined, ...labels},
};

/** What a command filters: `ps` and `container ls` filter containers. */
const subjectOf = (command: string): string => {
	const words = command.split(' ');
	const last = words.at(-1)!;
	if (Object.hasOwn(keys, last)) {
		return last;
	}

	return words.length > 1 ? words[0]! : (last === 'images' ? 'image' : 'container');
};

/** The keys of a command's `--filter`, such as `status=`. */
export const filterKeys = (command: string): readonly string[] => Object.keys(keys[subjectOf(command)] ?? {}).map(key => `${key}=`);

/** The values of one of them. */
export const filterValues = (command: string, key: string): Values => {
	const known = keys[subjectOf(command)]?.[key];
	return typeof known === 'string' ? {values: [], kinds: [known]} : {values: known ?? [], kinds: []};
};
