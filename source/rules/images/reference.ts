import {HolmError} from '../../engine/errors.js';

/**
A normalized image name: with its registry, and with `library/` for official images of Docker Hub.

A reference has a tag, a digest, both or neither; the caller decides what neither means (`:latest` for a pull, every tag for a list).
*/
export type Reference = {
	/** Host, with its port if it has one: `docker.io`, `localhost:5000`, `[::1]:5000`. */
	readonly registry: string;
	/** Such as `library/redis`. */
	readonly repository: string;
	readonly tag?: string;
	/** Such as `sha256:…`. */
	readonly digest?: string;
};

const defaultRegistry = 'docker.io';

// The grammar of the distribution project: https://github.com/distribution/reference/blob/main/reference.go
const domainComponent = String.raw`[\dA-Za-z](?:[\d\-A-Za-z]*[\dA-Za-z])?`;
const registryPattern = new RegExp(String.raw`^(?:${domainComponent}(?:\.${domainComponent})*|\[[\d:A-Fa-f]+\])(?::(?<port>\d+))?$`, 'v');
const pathComponent = String.raw`[\da-z]+(?:(?:\.|_|__|-+)[\da-z]+)*`;
const repositoryPattern = new RegExp(`^${pathComponent}(?:/${pathComponent})*$`, 'v');
const tagPattern = /^\w[\w\-.]{0,127}$/v;
const digestPattern = /^(?:sha256:[\da-f]{64}|sha384:[\da-f]{96}|sha512:[\da-f]{128})$/v;
const maximumNameLength = 255;

const refuse = (text: string, reason: string): never => {
	throw new HolmError('invalid', `Invalid image reference ${JSON.stringify(text.slice(0, 300))}: ${reason}`, {remedy: 'a reference looks like redis:alpine or registry.example:5000/team/app:1.0'});
};

/** The part before the first slash is a registry when it cannot be the first part of a path on Docker Hub. */
const isRegistry = (first: string): boolean =>
	/[.:]/v.test(first) || first === 'localhost' || first !== first.toLowerCase();

const splitRegistry = (name: string): readonly [registry: string, repository: string] => {
	const slash = name.indexOf('/');
	const first = name.slice(0, Math.max(slash, 0));
	const [registry, repository] = slash > 0 && isRegistry(first) ? [first, name.slice(slash + 1)] : [defaultRegistry, name];
	if (registry !== defaultRegistry && registry !== 'index.docker.io') {
		return [registry, repository];
	}

	return [defaultRegistry, repository.includes('/') ? repository : `library/${repository}`];
};

const splitReference = (text: string): {readonly name: string; readonly tag?: string; readonly digest?: string} => {
	const at = text.indexOf('@');
	const digest = at === -1 ? undefined : text.slice(at + 1);
	const named = at === -1 ? text : text.slice(0, at);
	const colon = named.lastIndexOf(':');
	return colon > named.lastIndexOf('/') ? {name: named.slice(0, colon), tag: named.slice(colon + 1), digest} : {name: named, digest};
};

/** Parses a reference; throws `invalid` with the reason. */
export const parseReference = (text: string): Reference => {
	const {name, tag, digest} = splitReference(text);
	if (name === '') {
		refuse(text, 'it has no name');
	}

	if (/^[\da-f]{64}$/v.test(name)) {
		refuse(text, '64 hexadecimal digits are an id, not a name');
	}

	const [registry, repository] = splitRegistry(name);
	const host = registryPattern.exec(registry);
	const port = Number(host?.groups?.port ?? 1);
	if (!host || port < 1 || port > 65_535) {
		refuse(text, `${JSON.stringify(registry.slice(0, 100))} is not a registry`);
	}

	if (!repositoryPattern.test(repository)) {
		refuse(text, repository === repository.toLowerCase()
			? 'a repository has letters, digits, and single separators (. _ __ -) between them'
			: 'a repository must be lower case');
	}

	if (registry.length + repository.length + 1 > maximumNameLength) {
		refuse(text, `a name has at most ${maximumNameLength} characters`);
	}

	if (tag !== undefined && !tagPattern.test(tag)) {
		refuse(text, 'a tag has 1 to 128 letters, digits, and _ . - (not first)');
	}

	if (digest !== undefined && !digestPattern.test(digest)) {
		refuse(text, 'a digest is sha256: and 64 hexadecimal digits');
	}

	return {
		registry, repository, ...(tag !== undefined && {tag}), ...(digest !== undefined && {digest}),
	};
};

const suffix = ({tag, digest}: Reference): string =>
	`${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;

/** Without tag and digest: `docker.io/library/redis`. */
export const repositoryName = ({registry, repository}: Reference): string => `${registry}/${repository}`;

/** In full, as storage keeps it: `docker.io/library/redis:alpine`. */
export const formatReference = (reference: Reference): string => repositoryName(reference) + suffix(reference);

/** A reference to exactly one image: a digest drops the tag; without either the tag is `latest`. */
export const exactReference = ({registry, repository, tag, digest}: Reference): Reference =>
	digest === undefined ? {registry, repository, tag: tag ?? 'latest'} : {registry, repository, digest};

/** A full tag for an image, by default `:latest`. Throws `invalid` for a digest, which cannot be assigned. */
export const tagName = (text: string): string => {
	const reference = parseReference(text);
	return reference.digest === undefined ? formatReference(exactReference(reference)) : refuse(text, 'a tag cannot have a digest');
};

/** The short form: `redis:alpine`, `team/app:1`, `registry.example/app:1`. Throws `invalid` as `parseReference` does. */
export const familiarName = (text: string): string => {
	const reference = parseReference(text);
	const {registry, repository} = reference;
	const name = registry === defaultRegistry ? repository.replace(/^library\/(?=[^\/]+$)/v, '') : repositoryName(reference);
	return name + suffix(reference);
};

/** The host of a registry from user input: a URL, a host, or nothing for Docker Hub. Throws `invalid`. */
export const registryOf = (server = ''): string => {
	const host = server.replace(/^https?:\/\//v, '').split('/', 1)[0] ?? '';
	if (['', 'index.docker.io', 'registry-1.docker.io'].includes(host)) {
		return defaultRegistry;
	}

	if (!registryPattern.test(host)) {
		throw new HolmError('invalid', `${JSON.stringify(host.slice(0, 100))} is not a registry`, {remedy: 'a registry looks like registry.example:5000'});
	}

	return host;
};

/** Whether a registry is on this host and used over plain HTTP: `localhost`, 127.0.0.0/8 or ::1, with a port. */
export const isLoopback = (registry: string): boolean =>
	/^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):\d+$/v.test(registry);
