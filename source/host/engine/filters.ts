import {HolmError} from '../../errors.js';
import type {Filters} from '../../engine.js';
import type {Container, Image, Network} from '../../resources.js';

/** Refuses with `invalid` a key that is not among those known. */
export const rejectUnknown = (filters: Filters, known: readonly string[]): void => {
	const unknown = Object.keys(filters).find(key => !known.includes(key));
	if (unknown !== undefined) {
		throw new HolmError('invalid', `invalid filter ${JSON.stringify(unknown.slice(0, 64))}`, {remedy: `the filters are ${known.filter(key => !key.endsWith('!')).join(', ')}`});
	}
};

const isLabelled = (labels: Readonly<Record<string, string>>, wanted: string): boolean => {
	const [key = '', ...value] = wanted.split('=');
	return Object.hasOwn(labels, key) && (value.length === 0 || labels[key] === value.join('='));
};

/** Every `label` must be there and no `label!`. */
export const hasLabels = (labels: Readonly<Record<string, string>>, filters: Filters): boolean =>
	(filters.label ?? []).every(wanted => isLabelled(labels, wanted)) && (filters['label!'] ?? []).every(unwanted => !isLabelled(labels, unwanted));

const isAny = <Value>(values: readonly Value[] | undefined, matches: (value: Value) => boolean): boolean => values === undefined || values.some(value => matches(value));

/** A name filter is a regular expression, as in Docker, and found anywhere; one that is none is looked for as it stands. */
const isNamed = (name: string, wanted: string): boolean => {
	try {
		// eslint-disable-next-line require-unicode-regexp -- the `v` flag refuses what Go's regular expressions allow
		return new RegExp(wanted.replace(/^\//v, '')).test(name);
	} catch {
		return name.includes(wanted);
	}
};

/** A moment given as RFC 3339, Unix seconds, or a Go duration before now. Throws `invalid` for what is none. */
export const momentOf = (text: string, now: number): number => {
	const units: Readonly<Record<string, number>> = {
		ms: 1, s: 1000, m: 60_000, h: 3_600_000,
	};
	if (/^\d+(?:\.\d+)?$/v.test(text)) {
		return Number(text) * 1000;
	}

	if (/^(?:\d+(?:\.\d+)?(?:ms|[smh]))+$/v.test(text)) {
		// eslint-disable-next-line regexp/no-super-linear-move -- the shape is checked above
		const parts = text.matchAll(/(?<amount>\d+(?:\.\d+)?)(?<unit>ms|[smh])/gv);
		return now - parts.reduce((sum, {groups}) => sum + (Number(groups!.amount) * units[groups!.unit!]!), 0);
	}

	const time = Date.parse(text);
	if (Number.isNaN(time)) {
		throw new HolmError('invalid', `invalid time ${JSON.stringify(text.slice(0, 64))}`, {remedy: 'write 10m, 2026-02-25T10:00:00Z or Unix seconds'});
	}

	return time;
};

/** What a container filter needs to know beside the container. */
export type ContainerContext = {
	/** Ids of the images that a name or an id stands for, with those built on them. */
	readonly imagesOf: (reference: string) => ReadonlySet<string>;
	/** The container that `before` and `since` name; throws when there is none. */
	readonly find: (reference: string) => Container;
};

const containerKeys = ['id', 'name', 'label', 'label!', 'status', 'exited', 'ancestor', 'network', 'volume', 'publish', 'expose', 'before', 'since', 'health', 'is-task'];

const statuses = new Set(['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead']);

const publishes = (ports: ReadonlyArray<{readonly port: number; readonly protocol: string}>, wanted: string): boolean => {
	const match = /^(?<first>\d+)(?:-(?<last>\d+))?(?:\/(?<protocol>tcp|udp))?$/v.exec(wanted);
	if (!match) {
		throw new HolmError('invalid', `invalid port ${JSON.stringify(wanted.slice(0, 32))} in a filter`, {remedy: 'write 80, 80/udp or 8000-8080'});
	}

	const {first, last = first, protocol} = match.groups!;
	return ports.some(({port, protocol: own}) => port >= Number(first) && port <= Number(last) && (protocol === undefined || protocol === own));
};

/** A test of containers by Docker's filters. Throws `invalid` for a key or value that Docker would refuse. */
export const containerFilter = (filters: Filters, {imagesOf, find}: ContainerContext): ((container: Container) => boolean) => {
	rejectUnknown(filters, containerKeys);
	const unknown = (filters.status ?? []).find(status => !statuses.has(status));
	if (unknown !== undefined) {
		throw new HolmError('invalid', `invalid filter 'status=${unknown.slice(0, 64)}'`, {remedy: [...statuses].join(', ')});
	}

	const ancestors = filters.ancestor?.map(reference => imagesOf(reference));
	const before = filters.before?.map(reference => find(reference).createdAt);
	const since = filters.since?.map(reference => find(reference).createdAt);
	return ({id, name, status, configuration: {labels}, imageId, attachments, mounts, ports, exposedPorts, createdAt}) =>
		isAny(filters.id, wanted => id.startsWith(wanted))
		&& isAny(filters.name, wanted => isNamed(name, wanted))
		&& isAny(filters.status, wanted => status.state === wanted)
		&& isAny(filters.exited, wanted => status.state === 'exited' && status.exitCode === Number(wanted))
		&& isAny(ancestors, ids => ids.has(imageId))
		&& isAny(filters.network, wanted => attachments.some(attachment => attachment.network === wanted || attachment.networkId.startsWith(wanted)))
		&& isAny(filters.volume, wanted => mounts.some(mount => mount.target === wanted || (mount.type !== 'tmpfs' && mount.source === wanted)))
		&& isAny(filters.publish, wanted => publishes(ports.map(({hostPort: port, protocol}) => ({port, protocol})), wanted))
		&& isAny(filters.expose, wanted => publishes(exposedPorts.map(port => ({port: Number.parseInt(port, 10), protocol: port.split('/')[1] ?? 'tcp'})), wanted))
		&& (before ?? []).every(time => createdAt < time)
		&& (since ?? []).every(time => createdAt > time)
		&& hasLabels(labels, filters);
};

const networkKeys = ['id', 'name', 'label', 'label!', 'driver', 'scope', 'type', 'dangling'];

/** A test of networks by Docker's filters. */
export const networkFilter = (filters: Filters, isBuiltin: (network: Network) => boolean): ((network: Network) => boolean) => {
	rejectUnknown(filters, networkKeys);
	return network => isAny(filters.id, wanted => network.id.startsWith(wanted))
		&& isAny(filters.name, wanted => isNamed(network.name, wanted))
		&& isAny(filters.driver, wanted => network.driver === wanted)
		&& isAny(filters.scope, wanted => wanted === 'local')
		&& isAny(filters.type, wanted => wanted === (isBuiltin(network) ? 'builtin' : 'custom'))
		&& isAny(filters.dangling, wanted => (network.leases.length === 0 && !isBuiltin(network)) === ['true', '1'].includes(wanted))
		&& hasLabels(network.labels, filters);
};

const imageKeys = ['reference', 'label', 'label!', 'dangling', 'before', 'since', 'until'];

const patternOf = (wildcards: string): RegExp =>
	new RegExp(`^${wildcards.replaceAll(/[$\(\)+.\[\\\]^\{\|\}]/gv, String.raw`\$&`).replaceAll('*', String.raw`[^\/]*`).replaceAll('?', String.raw`[^\/]`)}$`, 'v');

/** A test of images by Docker's filters; `familiar` shortens a name as users write it. */
export const imageFilter = (filters: Filters, {find, familiar, now}: {readonly find: (reference: string) => Image; readonly familiar: (name: string) => string; readonly now: number}): ((image: Image) => boolean) => {
	rejectUnknown(filters, imageKeys);
	const patterns = filters.reference?.map(wanted => patternOf(wanted));
	const before = filters.before?.map(reference => find(reference).createdAt);
	const since = filters.since?.map(reference => find(reference).createdAt);
	const until = filters.until?.map(text => momentOf(text, now));
	return ({tags, configuration, createdAt}) =>
		isAny(patterns, pattern => tags.some(tag => pattern.test(familiar(tag)) || pattern.test(familiar(tag).replace(/:[^:\/]*$/v, ''))))
		&& isAny(filters.dangling, wanted => (tags.length === 0) === ['true', '1'].includes(wanted))
		&& (before ?? []).every(time => createdAt < time)
		&& (since ?? []).every(time => createdAt > time)
		&& (until ?? []).every(time => createdAt < time)
		&& hasLabels(configuration.labels, filters);
};
