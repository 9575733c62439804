import {HolmError} from '../engine/errors.js';

/** Docker's rule. The length leaves room for a suffix in file names. */
const namePattern = /^[\dA-Za-z][\w\-.]{1,127}$/v;
const allowed = 'only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed';

/** Checks the name of a container and drops the slash that Docker's clients may prepend; throws `invalid`. */
export const containerName = (text: string): string => {
	const name = text.replace(/^\//v, '');
	if (!namePattern.test(name)) {
		throw new HolmError('invalid', `Invalid container name (${JSON.stringify(text.slice(0, 200)).slice(1, -1)}), ${allowed}`, {remedy: 'start with a letter or digit and have 2 to 128 characters'});
	}

	return name;
};

/** Docker has spaces in these names. Single ones cannot be mistaken in a list. */
const networkPattern = /^[\dA-Za-z](?:[\w\-.]| (?=[\w\-.])){1,127}$/v;

/** Checks the name of a network; throws `invalid`. */
export const networkName = (text: string): string => {
	if (!networkPattern.test(text)) {
		throw new HolmError('invalid', `invalid network name ${JSON.stringify(text.slice(0, 200))}, ${allowed}, and single spaces between them`, {remedy: 'start with a letter or digit and have 2 to 128 characters'});
	}

	return text;
};

/** Checks the name of a volume; throws `invalid`. */
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

/** Generates a container name: an adjective and an island, with a number if the pair is taken. Unlike a name with an underscore it is a valid host name in URLs. `random` returns a number from 0 up to 1. */
export const madeUpName = (isTaken: (name: string) => boolean, random: () => number = Math.random): string => {
	for (let attempt = 0; ; attempt++) {
		const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)]!;
		const name = `${pick(adjectives)}-${pick(islands)}${attempt < 5 ? '' : Math.floor(random() * 10 ** Math.min(attempt - 4, 9))}`;
		if (!isTaken(name)) {
			return name;
		}
	}
};

/** A path without doubled and trailing slashes. */
export const mountPath = (text: string): string => `/${text.split('/').filter(part => part !== '').join('/')}`;
