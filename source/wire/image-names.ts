const hub = 'docker.io/';
const official = `${hub}library/`;

/** An image's name as Docker prints it: `redis:alpine` for `docker.io/library/redis:alpine`. */
export const familiarName = (name: string): string => {
	if (name.startsWith(official)) {
		return name.slice(official.length);
	}

	return name.startsWith(hub) ? name.slice(hub.length) : name;
};

/** The inverse of `familiarName`: a first part with a dot or a port, or `localhost`, is a registry, as in the reference grammar of the distribution project. */
export const fullName = (name: string): string => {
	const slash = name.indexOf('/');
	if (slash === -1) {
		return `${official}${name}`;
	}

	const first = name.slice(0, slash);
	return /[.:]/v.test(first) || first === 'localhost' ? name : `${hub}${name}`;
};

/** Joins a name with the tag or digest that the API passes separately. */
export const joinTag = (name: string, tag: string | undefined): string => {
	if (!tag) {
		return name;
	}

	return `${name}${/^[\da-z]+:[\da-f]+$/v.test(tag) ? '@' : ':'}${tag}`;
};

/** The inverse of `joinTag`; a name without a tag means `latest`. */
export const splitTag = (reference: string): {readonly name: string; readonly tag: string} => {
	const [name = '', digest] = reference.split('@', 2);
	const match = /^(?<name>.+):(?<tag>[^\/:]+)$/v.exec(name);
	return digest === undefined
		? {name: match?.groups?.name ?? name, tag: match?.groups?.tag ?? 'latest'}
		: {name: match?.groups?.name ?? name, tag: digest};
};
