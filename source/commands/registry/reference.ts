/** Docker Hub's name in Docker's files. */
export const hub = 'https://index.docker.io/v1/';

/** The registry of an image reference, by the rule of distribution/reference: the first part is a host if it has a dot or a port, or is `localhost`. */
export const registryOf = (reference: string): string => {
	const [first = '', ...rest] = reference.split('/');
	const isHost = rest.length > 0 && (first === 'localhost' || /[.:]/v.test(first));
	return keyOf(isHost ? first : 'docker.io');
};

/** The key of a registry's credentials in the file. */
export const keyOf = (server: string): string => {
	const host = server.replace(/^https?:\/\//v, '').split('/', 1)[0]!;
	return ['', 'docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host) ? hub : host;
};
