import {readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import {defaultKeyMaps, isAction} from '../keys/key-maps.js';
import {isKeyName, namedKeys, nearestKey} from '../keys/keys.js';
import {nearest} from '../../text/nearest.js';

/** The configuration file with defaults for missing entries. */
export type DashboardConfiguration = {
	/** Keys by action, in place of the default keys: `{"containers.remove": ["delete"], "global.images": ["g i"]}`; the last is a sequence of two keys. */
	readonly keys: Readonly<Record<string, readonly string[]>>;
	readonly theme?: 'dark' | 'light';
	readonly ascii?: boolean;
	/** The wheel scrolls and a click selects; the terminal's own selection then needs Shift. Default false. */
	readonly mouse?: boolean;
	/** As `--screen-reader`. */
	readonly screenReader?: boolean;
	/** Addresses of engines by name: `{"lab": "tcp://lab:2376"}`. */
	readonly hosts: Readonly<Record<string, string>>;
	/** Milliseconds between two snapshots of the engine. */
	readonly refreshInterval: number;
	/** Log lines kept in memory. */
	readonly logLines: number;
};

export const defaultConfiguration: DashboardConfiguration = {keys: {}, hosts: {}, refreshInterval: 2000, logLines: 20_000};

type Environment = Readonly<Record<string, string | undefined>>;

/** Path of the configuration file by the XDG Base Directory specification. */
export const configurationPath = ({XDG_CONFIG_HOME, HOME}: Environment): string =>
	path.join(XDG_CONFIG_HOME !== undefined && path.isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : path.join(HOME ?? homedir(), '.config'), 'holm', 'config.json');

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

type Checks = {readonly [Name in keyof DashboardConfiguration]-?: readonly [check: (value: unknown) => boolean, wanted: string]};

const isWithin = (value: unknown, least: number, most: number) => typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;

const checks: Checks = {
	keys: [value => isRecord(value) && Object.values(value).every(keys => Array.isArray(keys) && keys.every(key => typeof key === 'string' && key.split(' ').every(name => name !== ''))), 'an object of lists of keys, such as {"containers.remove": ["delete"], "global.images": ["g i"]}'],
	theme: [value => value === 'dark' || value === 'light', '"dark" or "light"'],
	ascii: [value => typeof value === 'boolean', 'true or false'],
	mouse: [value => typeof value === 'boolean', 'true or false'],
	screenReader: [value => typeof value === 'boolean', 'true or false'],
	hosts: [value => isRecord(value) && Object.values(value).every(host => typeof host === 'string' && host !== ''), 'an object of addresses, such as {"lab": "tcp://lab:2376"}'],
	refreshInterval: [value => isWithin(value, 250, 3_600_000), 'milliseconds from 250 to 3600000'],
	logLines: [value => isWithin(value, 100, 1_000_000), 'a number from 100 to 1000000'],
};

/** The actions that a wrong name may stand for: those of its place, or the places. */
const actionsLike = (name: string): string => {
	const [place = ''] = name.split('.', 1);
	return Object.hasOwn(defaultKeyMaps, place)
		? defaultKeyMaps[place as keyof typeof defaultKeyMaps].map(({action}) => action).join(', ')
		: `${Object.keys(defaultKeyMaps).map(known => `${known}.…`).join(', ')}; docs/dashboard.md lists them`;
};

const suggestion = (name: string | undefined): string => name === undefined ? '' : `did you mean ${name}? `;

const checkKeys = (keys: DashboardConfiguration['keys'], file: string) => {
	for (const [action, sequences] of Object.entries(keys)) {
		if (!isAction(action)) {
			const like = nearest(action, Object.values(defaultKeyMaps).flatMap(map => map.map(binding => binding.action)));
			throw new HolmError('invalid', `"keys" of ${file} has an unknown action "${action}"`, {remedy: `${suggestion(like)}known are ${actionsLike(action)}`});
		}

		const unknown = sequences.flatMap(sequence => sequence.split(' ')).find(name => !isKeyName(name));
		if (unknown !== undefined) {
			throw new HolmError('invalid', `"${action}" in "keys" of ${file} has an unknown key "${unknown}"`, {
				remedy: `${suggestion(nearestKey(unknown))}a key is its character, ${namedKeys.join(', ')}, or a letter with ctrl+ or alt+, such as ctrl+x`,
			});
		}

		const cancelled = sequences.find(sequence => sequence.split(' ').slice(1).some(name => name === 'escape' || name === 'ctrl+c'));
		if (cancelled !== undefined) {
			throw new HolmError('invalid', `"${action}" in "keys" of ${file} has the impossible keys "${cancelled}": escape and ctrl+c cancel a sequence`, {
				remedy: 'end the sequence with another key',
			});
		}
	}
};

/** Parses and checks the file's text; throws `invalid`, naming `file`. */
export const parseConfiguration = (text: string, file: string): DashboardConfiguration => {
	let given: unknown;
	try {
		given = JSON.parse(text);
	} catch (error) {
		throw new HolmError('invalid', `${file} is not JSON: ${messageOf(error)}`, {remedy: 'correct it or move it away', cause: error});
	}

	if (!isRecord(given)) {
		throw new HolmError('invalid', `${file} is not a JSON object`, {remedy: 'correct it or move it away'});
	}

	for (const [name, value] of Object.entries(given)) {
		const check = Object.hasOwn(checks, name) ? checks[name as keyof Checks] : undefined;
		if (!check) {
			throw new HolmError('invalid', `${file} has an unknown entry "${name}"`, {remedy: `${suggestion(nearest(name, Object.keys(checks)))}known are ${Object.keys(checks).join(', ')}`});
		}

		if (!check[0](value)) {
			throw new HolmError('invalid', `"${name}" of ${file} is wrong`, {remedy: `it is ${check[1]}`});
		}
	}

	const configuration: DashboardConfiguration = {...defaultConfiguration, ...given};
	checkKeys(configuration.keys, file);
	return configuration;
};

/** Reads the user's configuration; the defaults if there is no file. Throws `invalid` for a wrong one. */
export const readConfiguration = async (environment: Environment): Promise<DashboardConfiguration> => {
	const file = configurationPath(environment);
	try {
		return parseConfiguration(await readFile(file, 'utf8'), file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return defaultConfiguration;
		}

		throw error;
	}
};
