/**
Ava's configuration for `npm test`: as in package.json, with the slowest files first, so that no CPU is idle at the end.
*/
import {readFile} from 'node:fs/promises';

type TestFileOrder = (one: string, other: string) => number;

/** Files that boot machines, those with most boots first. */
const longest = [
	/\/host\/engine\/containers\./v,
	/\/backends\/host\./v,
	/\/host\/engine\/(?:flags|networks|daemon)\.|\/demos\//v,
	/\/host\/engine\/|\/backends\/|\/host\/machines\/machine\.|\/hosts\/|\/host\/images\//v,
];

const rank = (file: string): number => {
	const found = longest.findIndex(pattern => pattern.test(file));
	return found === -1 ? longest.length : found;
};

/** Longest first, and otherwise by name. */
export const byLength: TestFileOrder = (one, other) => rank(one) - rank(other) || one.localeCompare(other);

const {ava} = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {readonly ava: object};

const configuration = {...ava, sortTestFiles: byLength};
export default configuration;
