import type {Container, Network} from '../../engine/resources.js';
import type {Snapshot} from '../../engine/snapshot.js';
import {clean} from '../../text/fit.js';
import {shortImage, stateText} from '../containers/rows.js';
import type {KeyMaps} from '../keys/key-maps.js';
import {describeKey, type Binding} from '../keys/keys.js';
import type {RecordRow} from '../views/records.js';
import {imageName} from '../work/plan.js';
import type {Entry, Kind, Target} from './entry.js';
import {scoreOf, wordsOf} from './fuzzy.js';

const weights: Readonly<Record<Kind, number>> = {
	container: 90, view: 85, project: 80, network: 80, image: 60, volume: 60, name: 40, address: 40, port: 40, action: 20,
};

/** Of an action of the current place. */
const nearWeight = 70;

// Of containers and of records: the field stays fast with this many, and more are rare.
const mostContainers = 20_000;

type Given = Pick<Entry, 'kind' | 'label' | 'detail' | 'target'> & {readonly id: string; readonly weight?: number};

const entry = ({kind, id, label: givenLabel, detail: givenDetail, target, weight = weights[kind]}: Given): Entry => {
	const label = clean(givenLabel);
	const detail = clean(givenDetail);
	return {key: `${kind} ${id}`, kind, label, detail, searched: {label: label.toLowerCase(), detail: detail.toLowerCase()}, target, weight};
};

const container = (id: string): Target => ({type: 'item', list: 'containers', id});

const projectLabel = 'com.docker.compose.project';

const projectsOf = ({containers}: Snapshot): readonly Entry[] => {
	const projects = Map.groupBy(containers, ({configuration: {labels}}) => labels[projectLabel] ?? '');
	return [...projects].filter(([name]) => name !== '').map(([name, members]) => {
		// The filter of the list finds the usual names, which begin with that of the project.
		const isFound = members.every(member => member.name.includes(name));
		return entry({
			kind: 'project', id: name, label: name, detail: `${members.length} containers`, target: isFound ? {type: 'filter', list: 'containers', text: name} : container(members[0]!.id),
		});
	});
};

const isDefault = (network: string): boolean => network === 'bridge' || network === 'default';

/** A name that a network's name server answers. */
const nameEntry = (network: string, name: string, address: string, owner: string): Entry =>
	entry({kind: 'name', id: `${network} ${name}`, label: name, detail: [address, `on ${network}`, owner].filter(Boolean).join(' '), target: {type: 'filter', list: 'dns', text: name}});

const containerEntries = (each: Container): readonly Entry[] => {
	const {id, name, configuration, attachments, ports} = each;
	const target = container(id);
	return [
		entry({kind: 'container', id, label: name, detail: `${stateText(each)} ${shortImage(configuration.image)} ${id.slice(0, 12)}`, target}),
		...attachments.filter(({address}) => address !== '').map(({network, address}) => entry({kind: 'address', id: `${network} ${address}`, label: address, detail: `${name} on ${network}`, target})),
		...ports.map(({hostAddress, hostPort, containerPort, protocol}) => entry({
			kind: 'port',
			id: `${id} ${hostAddress} ${hostPort} ${protocol}`,
			label: `${hostPort}${protocol === 'udp' ? '/udp' : ''}`,
			detail: `${name}:${containerPort}${hostAddress === '0.0.0.0' ? '' : ` at ${hostAddress}`}`,
			target,
		})),
		...attachments.filter(({network}) => !isDefault(network)).flatMap(({network, address, aliases}) =>
			[name, ...aliases].map(own => nameEntry(network, own, address, own === name ? '' : name))),
	];
};

const networkEntries = ({id, name, subnet, gateway}: Network): readonly Entry[] => {
	const target: Target = {type: 'item', list: 'networks', id};
	return [
		entry({kind: 'network', id, label: name, detail: subnet, target}),
		...(gateway === '' ? [] : [entry({kind: 'address', id: `gateway ${id}`, label: gateway, detail: `gateway of ${name}`, target})]),
	];
};

// A container that did not change is the same object in the next snapshot.
const known = new WeakMap<object, readonly Entry[]>();

const remembered = <Item extends object>(item: Item, make: (item: Item) => readonly Entry[]): readonly Entry[] => {
	const before = known.get(item);
	if (before) {
		return before;
	}

	const made = make(item);
	known.set(item, made);
	return made;
};

/** Those of the kinds that an object has, and the records that are not among them. */
const objectsOf = (snapshot: Snapshot, records: readonly RecordRow[]): readonly Entry[] => {
	const {containers, networks, images, volumes} = snapshot;
	const own = containers.slice(0, mostContainers).flatMap(each => remembered(each, containerEntries));
	const names = records.length === 0 ? undefined : new Set(own.filter(({kind}) => kind === 'name').map(({key}) => key));
	const others = records.slice(0, mostContainers).map(({network, record}) => nameEntry(network, record.name, record.value, ''));
	return [
		...own,
		...projectsOf(snapshot),
		...networks.flatMap(each => remembered(each, networkEntries)),
		...images.map(image => entry({kind: 'image', id: image.id, label: shortImage(imageName(image)), detail: image.id.replace('sha256:', '').slice(0, 12), target: {type: 'item', list: 'images', id: image.id}})),
		...volumes.map(({name}) => entry({kind: 'volume', id: name, label: name, detail: '', target: {type: 'item', list: 'volumes', id: name}})),
		...[...new Map(others.map(each => [each.key, each])).values()].filter(({key}) => !names?.has(key)),
	];
};

const viewActions = new Set(['containers', 'networks', 'logs', 'images', 'volumes', 'dns', 'events', 'topology', 'machine'].map(name => `global.${name}`));

const titles: Readonly<Partial<Record<keyof KeyMaps, string>>> = {containers: 'container', networks: 'network', logs: 'logs', inspect: 'inspect', images: 'image', volumes: 'volume', dns: 'DNS record', events: 'event'};

// Who types would rather press their keys.
const isMove = ({action}: Binding): boolean => /\.(?:up|down|left|right|pageUp|pageDown|first|last)$/v.test(action);

const actionsOf = ({keyMaps, place, selected, isAscii}: JumpSource): readonly Entry[] => Object.entries(keyMaps).flatMap(([name, map]) => {
	const own = name as keyof KeyMaps;
	if (own === 'dialog' || own === 'list' || own === 'textView') {
		return [];
	}

	const isNear = own === place || own === 'global';
	const about = own === place && selected !== undefined ? selected : titles[own] ?? '';
	return map.filter(binding => binding.action !== 'global.jump' && !isMove(binding)).map(binding => entry({
		kind: viewActions.has(binding.action) ? 'view' : 'action',
		id: binding.action,
		label: binding.title,
		detail: [about, binding.keys[0] === undefined ? '' : describeKey(binding.keys[0], isAscii), binding.action].filter(Boolean).join('  '),
		target: {type: 'action', place: own, binding},
		...(!viewActions.has(binding.action) && isNear && {weight: nearWeight}),
	}));
});

export type JumpSource = {
	readonly snapshot?: Snapshot;
	readonly records?: readonly RecordRow[];
	/** Those that are available. */
	readonly keyMaps: KeyMaps;
	/** The place whose actions come first. */
	readonly place: keyof KeyMaps;
	/** Name of what its actions apply to. */
	readonly selected?: string;
	/** Keys without arrows. */
	readonly isAscii?: boolean;
};

/** All that one can jump to. */
export const entriesOf = (source: JumpSource): readonly Entry[] => {
	const {snapshot, records = [], place} = source;
	const actions = actionsOf(source);
	const isOfPlace = ({target}: Entry) => target.type === 'action' && target.place === place;
	return [
		...actions.filter(each => isOfPlace(each)),
		...actions.filter(each => each.kind === 'view'),
		...snapshot ? objectsOf(snapshot, records) : [],
		...actions.filter(each => !isOfPlace(each) && each.kind !== 'view'),
	];
};

export type Found = {
	/** The best, at most `mostShown`. */
	readonly entries: readonly Entry[];
	/** How many match. */
	readonly count: number;
};

/** More are found by typing on. */
export const mostShown = 100;

// Among equals and slightly better ones, what was visited lately wins.
const recentScore = 150;

/** The entries that match, the best first; without a query those visited lately, then the actions at hand. */
export const findEntries = (entries: readonly Entry[], query: string, recent: readonly string[]): Found => {
	const words = wordsOf(query);
	const ranks = new Map(recent.map((key, index) => [key, recent.length - index]));
	const best: Array<{readonly entry: Entry; readonly score: number}> = [];
	let count = 0;
	let worst = 0;
	for (const candidate of entries) {
		const score = words.length === 0 ? 1 : scoreOf(words, candidate.searched);
		if (score === 0) {
			continue;
		}

		count++;
		const rank = ranks.get(candidate.key);
		const whole = words.length === 0 ? rank ?? 0 : score + candidate.weight + (rank === undefined ? 0 : recentScore);
		if (best.length === mostShown && whole <= worst) {
			continue;
		}

		// Equals keep their order.
		let low = 0;
		let high = best.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (best[middle]!.score >= whole) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}

		best.splice(low, 0, {entry: candidate, score: whole});
		if (best.length > mostShown) {
			best.pop();
		}

		worst = best.at(-1)!.score;
	}

	return {entries: best.map(({entry: each}) => each), count};
};
