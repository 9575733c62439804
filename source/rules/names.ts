import {HolmError} from '../engine/errors.js';

/** As Docker has them; longer ones could not be file names with something behind them. */
const namePattern = /^[\dA-Za-z][\w\-.]{1,127}$/v;
const allowed = 'only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed';

/** The name of a container as a user gives it, without the slash that Docker's clients may put before it; throws `invalid`. */
export const containerName = (text: string): string => {
	const name = text.replace(/^\//v, '');
	if (!namePattern.test(name)) {
		throw new HolmError('invalid', `Invalid container name (${JSON.stringify(text.slice(0, 200)).slice(1, -1)}), ${allowed}`, {remedy: 'start with a letter or digit and have 2 to 128 characters'});
	}

	return name;
};

/** The name of a network; throws `invalid`. */
export const networkName = (text: string): string => {
	if (!namePattern.test(text)) {
		throw new HolmError('invalid', `invalid network name ${JSON.stringify(text.slice(0, 200))}, ${allowed}`, {remedy: 'start with a letter or digit and have 2 to 128 characters'});
	}

	return text;
};

/** The name of a volume; throws `invalid`. */
export const volumeName = (text: string): string => {
	if (!namePattern.test(text)) {
		throw new HolmError('invalid', `${JSON.stringify(text.slice(0, 200))} includes invalid characters for a local volume name, ${allowed}`, {remedy: 'a directory of the host is named by its absolute path'});
	}

	return text;
};

const adjectives = [
	'amber', 'brave', 'calm', 'clever', 'coral', 'eager', 'fair', 'gentle', 'golden', 'happy', 'keen', 'lively', 'lucid',
	'merry', 'noble', 'proud', 'quick', 'quiet', 'silver', 'steady', 'sunny', 'swift', 'tidy', 'vivid', 'warm', 'wise',
];
const islands = [
	'aland', 'anholt', 'arran', 'aruba', 'bali', 'bornholm', 'capri', 'corfu', 'ely', 'faro', 'fyn', 'gotland', 'guam', 'hven', 'iona', 'islay', 'java', 'jura',
	'kauai', 'kos', 'lewis', 'malta', 'mull', 'naxos', 'oland', 'paros', 'rugen', 'runmaro', 'samos', 'skye', 'tahiti', 'texel', 'uist', 'ven', 'wight', 'zealand',
];

/** A name for a container that was given none: an adjective and an island, and a number when that pair is taken. It can stand as a host in any URL, which one with an underscore cannot. `random` gives 0 up to 1. */
export const madeUpName = (isTaken: (name: string) => boolean, random: () => number = Math.random): string => {
	for (let attempt = 0; ; attempt++) {
		const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)]!;
		const name = `${pick(adjectives)}-${pick(islands)}${attempt < 5 ? '' : Math.floor(random() * 10 ** Math.min(attempt - 4, 9))}`;
		if (!isTaken(name)) {
			return name;
		}
	}
};

/** A path without the slashes that mean nothing: doubled ones and those at the end. */
export const mountPath = (text: string): string => `/${text.split('/').filter(part => part !== '').join('/')}`;
