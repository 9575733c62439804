import {
	mkdir,
	readFile,
	rename,
	rm,
	writeFile,
} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {Buffer} from 'node:buffer';
import type {RegistryCredentials} from '../../engine/transfer.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Context} from '../command.js';
import {splitFirst} from '../../flags/split-arguments.js';
import {nonEmpty} from '../non-empty.js';
import {hub, keyOf, registryOf} from './reference.js';

type AuthFile = {readonly auths?: Readonly<Record<string, {readonly auth?: string}>>};

/** File of the logins, in the form of Docker's `config.json`. */
export const authFile = (environment: Context['environment']): string =>
	path.join(nonEmpty(environment.XDG_CONFIG_HOME) ?? path.join(nonEmpty(environment.HOME) ?? homedir(), '.config'), 'holm', 'auth.json');

const read = async (file: string): Promise<AuthFile> => {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as AuthFile;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return {};
		}

		throw new HolmError('invalid', `cannot read ${file}: ${messageOf(error)}`, {remedy: 'repair or remove the file and log in again', cause: error});
	}
};

const save = async (file: string, auths: NonNullable<AuthFile['auths']>): Promise<void> => {
	await mkdir(path.dirname(file), {recursive: true, mode: 0o700});
	const temporary = `${file}.${process.pid}`;
	try {
		await writeFile(temporary, `${JSON.stringify({auths}, undefined, '\t')}\n`, {mode: 0o600, flag: 'wx'});
		await rename(temporary, file);
	} finally {
		await rm(temporary, {force: true});
	}
};

/** All stored logins, with their registries. */
export const keptCredentials = async (environment: Context['environment']): Promise<readonly RegistryCredentials[]> => {
	const {auths = {}} = await read(authFile(environment));
	return Object.entries(auths).flatMap(([key, {auth}]) => {
		const [username, password = ''] = splitFirst(Buffer.from(auth ?? '', 'base64').toString(), ':');
		return auth === undefined ? [] : [{username, password, ...(key !== hub && {server: key})}];
	});
};

/** The stored login for the registry of an image reference; undefined if there is none. */
export const credentialsFor = async (reference: string, environment: Context['environment']): Promise<RegistryCredentials | undefined> => {
	const key = keyOf(registryOf(reference));
	return (await keptCredentials(environment)).find(({server = hub}) => server === key);
};

export const keepCredentials = async ({username, password, server = ''}: RegistryCredentials, environment: Context['environment']): Promise<void> => {
	const file = authFile(environment);
	const {auths = {}} = await read(file);
	await save(file, {...auths, [keyOf(server)]: {auth: Buffer.from(`${username}:${password}`).toString('base64')}});
};

/** Removes a login from the file. */
export const forgetCredentials = async (server: string, environment: Context['environment']): Promise<'forgotten' | 'absent'> => {
	const file = authFile(environment);
	const {auths = {}} = await read(file);
	const {[keyOf(server)]: forgotten, ...rest} = auths;
	if (!forgotten) {
		return 'absent';
	}

	await save(file, rest);
	return 'forgotten';
};
