import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {parseJson} from '../../wire/json.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import {parseAddress, type EngineAddress} from '../../wire/addresses.js';
import {readCertificates} from './certificates.js';
import {asDockers, isContextName} from './which-engine.js';

const remedy = 'docker context ls lists the contexts, docker context inspect shows one';

const readJson = async (what: string, file: string): Promise<unknown> => {
	let text: string;
	try {
		text = await readFile(file, 'utf8');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return undefined;
		}

		throw new HolmError('invalid', `${what}: cannot read ${file}: ${messageOf(error)}`, {remedy: 'make it readable for this user', cause: error});
	}

	try {
		return parseJson(text, file);
	} catch (error) {
		throw new HolmError('invalid', `${what}: ${messageOf(error)}`, {remedy, cause: error});
	}
};

const fieldOf = (value: unknown, name: string): unknown =>
	typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

/** The current context of Docker's configuration, or `default`. */
export const currentContext = async (directory: string): Promise<string> => {
	const file = path.join(directory, 'config.json');
	const name = fieldOf(await readJson('Docker\'s configuration', file), 'currentContext');
	if (name !== undefined && typeof name !== 'string') {
		throw new HolmError('invalid', `Docker's configuration: currentContext in ${file} is not a name`, {remedy: 'docker context use NAME'});
	}

	return name || 'default';
};

/** The engine of a context, with its certificates; `directory` is Docker's. Throws `not-found` for an unknown context. */
export const readContext = async (directory: string, name: string): Promise<EngineAddress> => {
	const what = `the Docker context ${JSON.stringify(name)}`;
	const {createHash} = process.getBuiltinModule('node:crypto');
	const id = createHash('sha256').update(name).digest('hex');
	const file = path.join(directory, 'contexts/meta', id, 'meta.json');
	const metadata = await readJson(what, file);
	if (metadata === undefined) {
		throw new HolmError('not-found', `${what} does not exist: there is no ${file}`, {remedy});
	}

	const endpoint = fieldOf(fieldOf(metadata, 'Endpoints'), 'docker');
	const host = fieldOf(endpoint, 'Host');
	if (typeof host !== 'string' || host === '') {
		throw new HolmError('invalid', `${what} names no engine in ${file}`, {remedy});
	}

	if (fieldOf(endpoint, 'SkipTLSVerify') === true) {
		throw new HolmError('unsupported', `${what} does not verify its engine: SkipTLSVerify in ${file}`, {remedy: `docker context update ${name} --docker host=${host},ca=FILE,cert=FILE,key=FILE`});
	}

	try {
		const address = parseAddress(host);
		const tls = address.kind === 'tcp' ? await readCertificates(path.join(directory, 'contexts/tls', id, 'docker')) : undefined;
		return address.kind === 'tcp' && tls ? {...address, tls} : asDockers(address);
	} catch (error) {
		throw error instanceof HolmError ? new HolmError(error.code, `${what} in ${file}: ${error.message}`, {remedy: error.remedy, cause: error}) : error;
	}
};

/** Sorted names of the contexts in `directory`, which is Docker's; unreadable ones are left out. */
export const listContexts = async (directory: string): Promise<readonly string[]> => {
	const metadata = path.join(directory, 'contexts/meta');
	let ids: readonly string[];
	try {
		ids = await readdir(metadata);
	} catch {
		return [];
	}

	const names = await Promise.all(ids.map(async id => {
		try {
			const name = fieldOf(await readJson('a Docker context', path.join(metadata, id, 'meta.json')), 'Name');
			return typeof name === 'string' && isContextName(name) ? [name] : [];
		} catch {
			return [];
		}
	}));
	return names.flat().toSorted();
};
