import {randomBytes, randomInt} from 'node:crypto';
import {HolmError} from '../../errors.js';

/** 64 hexadecimal digits, of which the first twelve are never a number: as a host name that would be read as an address. */
export const newId = (): string => {
	for (;;) {
		const id = randomBytes(32).toString('hex');
		if (/[a-f]/v.test(id.slice(0, 12))) {
			return id;
		}
	}
};

const adjectives = [
	'amber', 'bold', 'brisk', 'calm', 'clear', 'cosy', 'deep', 'early', 'fair', 'fresh', 'gentle', 'green', 'hardy', 'high', 'keen', 'lone',
	'mild', 'misty', 'quiet', 'rocky', 'salty', 'sandy', 'sheltered', 'silver', 'snug', 'steady', 'still', 'sunny', 'tidal', 'warm', 'wide', 'windy',
];
const islets = [
	'alsten', 'bornholm', 'copinsay', 'draug', 'eday', 'faray', 'flatholm', 'gasay', 'grimsey', 'herm', 'hoy', 'inchcolm', 'jura', 'kolsay', 'lindholm', 'lunga',
	'mingulay', 'noss', 'oxna', 'papa', 'quendale', 'rona', 'rousay', 'saltholm', 'sanday', 'steepholm', 'stronsay', 'tiree', 'ulva', 'vaila', 'westray', 'yell',
];

/** A name that is easy to say and not among `taken`. */
export const newName = (isTaken: (name: string) => boolean): string => {
	for (let attempt = 0; ; attempt++) {
		const plain = `${adjectives[randomInt(adjectives.length)]}-${islets[randomInt(islets.length)]}`;
		const name = attempt < 8 ? plain : `${plain}-${randomInt(10_000)}`;
		if (!isTaken(name)) {
			return name;
		}
	}
};

/** Refuses with `invalid` a name that could not stand in a URL of the API or begin like a flag. */
export const assertName = (kind: 'container' | 'network' | 'volume', name: string): void => {
	if (!/^[\dA-Za-z][\w.\-]{0,127}$/v.test(name)) {
		throw new HolmError('invalid', `Invalid ${kind} name (${JSON.stringify(name.slice(0, 128)).slice(1, -1)})`, {remedy: 'use letters, digits, "_", "." and "-", beginning with a letter or a digit, 128 at most'});
	}
};
