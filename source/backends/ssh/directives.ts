import type {Stats} from 'node:fs';
import {glob} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import type {SshTarget} from '../../wire/ssh-target.js';
import {parseConfig, type ConfigLine} from './config-lines.js';
import {isPatternMatch, isPatternListMatch} from './patterns.js';
import {readIfThere} from './read-if-there.js';
import type {Local} from './tokens.js';

/** The first value of each keyword for a host, by keyword in lower case, with its location. */
export type Directives = ReadonlyMap<string, {readonly values: readonly string[]; readonly where: string}>;

type Walk = {
	readonly target: SshTarget;
	readonly local: Local;
	readonly found: Map<string, {readonly values: readonly string[]; readonly where: string}>;
	/** All apply, not only the first. */
	readonly identityFiles: string[];
	/** The second pass, which matches hosts by their real names. */
	readonly isFinal: boolean;
	wantsFinal: boolean;
};

// The limit of ssh.
const deepestInclude = 16;

const manual = 'name the engine another way: ssh -N -L /tmp/engine.sock:/var/run/docker.sock HOST, then --host unix:///tmp/engine.sock';

/** The error for a setup that ssh supports and Holm does not. */
export const notSupported = (what: string): HolmError => new HolmError('unsupported', `${what} is not supported`, {remedy: manual});

const hostNameOf = ({found, target}: Walk): string => found.get('hostname')?.values[0]?.replaceAll('%h', () => target.host) ?? target.host;

/** Whether a `Match` applies. Commands of `Match exec` are not run. */
const isMatchMet = (walk: Walk, values: readonly string[], where: string): boolean => {
	const {target, local, found} = walk;
	for (let index = 0; index < values.length; index++) {
		const [, negation = '', criterion = ''] = /^(?<negation>!?)(?<criterion>.*)$/sv.exec(values[index]!.toLowerCase()) ?? [];
		const isListed = (text: string) => isPatternListMatch((values[++index] ?? '').split(','), text);
		const isMet = (): boolean => {
			switch (criterion) {
				case 'all': {
					return true;
				}

				case 'canonical': {
					return false;
				}

				case 'final': {
					walk.wantsFinal = true;
					return walk.isFinal;
				}

				case 'host': {
					return isListed(hostNameOf(walk));
				}

				case 'originalhost': {
					return isListed(target.host);
				}

				case 'user': {
					return isListed(target.user ?? found.get('user')?.values[0] ?? local.user);
				}

				case 'localuser': {
					return isListed(local.user);
				}

				default: {
					throw notSupported(`Match ${criterion} in ${where}`);
				}
			}
		};

		if (isMet() === (negation === '!')) {
			return false;
		}
	}

	return true;
};

const isHostMeant = (walk: Walk, patterns: readonly string[]): boolean => {
	const name = walk.isFinal ? hostNameOf(walk) : walk.target.host;
	return !patterns.some(pattern => pattern.startsWith('!') && isPatternMatch(pattern.slice(1), name))
		&& patterns.some(pattern => isPatternMatch(pattern, name));
};

/** Throws `forbidden` for a file that others can write: they would choose the host to connect to. */
const assertOwn = (file: string) => ({uid, mode}: Stats) => {
	if ((uid !== 0 && uid !== process.getuid?.()) || (mode & 0o022) !== 0) {
		throw new HolmError('forbidden', `${file} can be written by others, who would choose where this connects to`, {remedy: `chmod go-w ${file}`});
	}
};

const includedFiles = async (values: readonly string[], directory: string, home: string): Promise<readonly string[]> => {
	const files = await Promise.all(values.map(async value => {
		const pattern = path.resolve(directory, value.startsWith('~/') ? path.join(home, value.slice(2)) : value);
		const found = await Array.fromAsync(glob(pattern));
		return found.toSorted();
	}));
	return files.flat();
};

type FileOptions = {
	/** Base of relative paths in `Include`. */
	readonly directory: string;
	/** The user's own file; others must not be able to write it. */
	readonly isUsers: boolean;
	/** The `Include` is in a block that applies; default true. */
	readonly isActive?: boolean;
	readonly depth?: number;
};

const walkFile = async (walk: Walk, file: string, {directory, isUsers, isActive = true, depth = 0}: FileOptions): Promise<void> => {
	let isBlockActive = isActive;
	const take = async ({keyword, values, number}: ConfigLine) => {
		const where = `${file}, line ${number}`;
		if (keyword === 'host') {
			isBlockActive = isActive && isHostMeant(walk, values);
		} else if (keyword === 'match') {
			isBlockActive = isActive && isMatchMet(walk, values, where);
		} else if (keyword === 'include') {
			if (depth >= deepestInclude) {
				throw new HolmError('invalid', `${where}: Include is nested too deeply`, {remedy: 'look for a file that includes itself'});
			}

			for (const included of await includedFiles(values, directory, walk.local.home)) {
				await walkFile(walk, included, {directory, isUsers, isActive: isBlockActive, depth: depth + 1});
			}
		} else if (isBlockActive && keyword === 'identityfile') {
			walk.identityFiles.push(...values.slice(0, 1));
		} else if (isBlockActive && !walk.found.has(keyword)) {
			walk.found.set(keyword, {values, where});
		}
	};

	for (const line of parseConfig(await readIfThere(file, isUsers ? assertOwn(file) : undefined))) {
		await take(line);
	}
};

/** Reads the directives for a host from the user's ssh configuration and then the system's. Runs no commands. */
export const readDirectives = async (
	target: SshTarget,
	local: Local,
	systemFile: string,
): Promise<{readonly found: Directives; readonly identityFiles: readonly string[]}> => {
	const walk: Walk = {target, local, found: new Map(), identityFiles: [], isFinal: false, wantsFinal: false};
	const read = async (pass: Walk) => {
		const directory = path.join(local.home, '.ssh');
		await walkFile(pass, path.join(directory, 'config'), {directory, isUsers: true});
		await walkFile(pass, systemFile, {directory: path.dirname(systemFile), isUsers: false});
	};

	await read(walk);
	if (walk.wantsFinal) {
		await read({...walk, isFinal: true});
	}

	return {found: walk.found, identityFiles: [...new Set(walk.identityFiles)]};
};
