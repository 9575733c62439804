/** What Docker's own files call Docker Hub. */
export const hub = 'https://index.docker.io/v1/';

/** The registry of an image reference, as distribution/reference tells it: the first part is a host when it has a dot or a port, or is `localhost`. */
export const registryOf = (reference: string): string => {
	const [first = '', ...rest] = reference.split('/');
	const isHost = rest.length > 0 && (first === 'localhost' || /[.:]/v.test(first));
	return keyOf(isHost ? first : 'docker.io');
};

/** The name under which a registry's credentials are kept. */
export const keyOf = (server: string): string => {
	const host = server.replace(/^https?:\/\//v, '').split('/', 1)[0]!;
	return ['', 'docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host) ? hub : host;
};
