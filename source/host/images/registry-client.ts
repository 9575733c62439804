import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import {HolmError} from '../../engine/errors.js';
import type {RegistryCredentials} from '../../engine/transfer.js';
import {isLoopback} from '../../rules/images/reference.js';
import {printable} from './printable.js';

/** An answer with its whole body. */
type Answer = {readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: Buffer};

type Headers = Readonly<Record<string, string>>;

/** Reads from a registry by the OCI distribution specification; paths are below `/v2/`. */
export type RegistryClient = (path: string, headers?: Headers) => Promise<Answer>;

/** Registries take manifests of at most 4 MiB. */
const maximumBytes = 4 * 1024 * 1024;
const maximumRedirects = 5;
const timeoutMs = 30_000;

/** Docker Hub's registry has another name than its images. */
const hostOf = (registry: string): string => registry === 'docker.io' ? 'registry-1.docker.io' : registry;

/** The host's certificates count as well, as for buildah; Node's own do not include those that an administrator has added. */
const trusted = (): readonly string[] => {
	const {getCACertificates} = process.getBuiltinModule('node:tls');
	return [...getCACertificates('default'), ...getCACertificates('system')];
};

const send = async (url: URL, headers: Headers, signal: AbortSignal): Promise<Answer> => {
	const isSecure = url.protocol === 'https:';
	const {request: start, Agent} = isSecure ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
	const agent = new Agent({proxyEnv: process.env, ...isSecure && {ca: [...trusted()], rejectUnauthorized: !isLoopback(url.host)}});
	const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>();
	start(url, {agent, headers, signal}).once('response', resolve).once('error', reject).end();
	const response = await promise;
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of response as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		if (bytes > maximumBytes) {
			response.destroy();
			throw new HolmError('unavailable', `${url.host} sends more than ${maximumBytes} bytes`);
		}

		chunks.push(chunk);
	}

	return {status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks)};
};

/** Follows redirects, as of blobs that are kept elsewhere. Credentials stay with the host that they are for, and what is encrypted stays so. */
const read = async (start: URL, headers: Headers, signal: AbortSignal): Promise<Answer> => {
	let url = start;
	for (let count = 0; count <= maximumRedirects; count++) {
		const {Authorization, ...others} = headers;
		const answer = await send(url, Authorization !== undefined && url.host === start.host ? headers : others, signal);
		const {location} = answer.headers;
		if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) {
			return answer;
		}

		const next = URL.parse(location, url.href);
		if (next?.protocol !== 'https:' && next?.protocol !== url.protocol) {
			throw new HolmError('unavailable', `${url.host} redirects to ${printable(location.slice(0, 100))}`);
		}

		url = next;
	}

	throw new HolmError('unavailable', `${start.host} redirects more than ${maximumRedirects} times`);
};

const basic = ({username, password}: RegistryCredentials) => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** The value of a header `Authorization` for what the registry asks for; undefined if there is none. */
const authorize = async (challenge: string, repository: string, credentials: RegistryCredentials | undefined, context: {
	readonly isPlain: boolean;
	readonly signal: AbortSignal;
}): Promise<string | undefined> => {
	const {scheme, rest = ''} = /^\s*(?<scheme>basic|bearer)\s(?<rest>.*)$/iv.exec(challenge)?.groups ?? {};
	if (scheme?.toLowerCase() !== 'bearer') {
		return scheme && credentials && basic(credentials);
	}

	const parameters = new Map(rest.matchAll(/(?<![a-z])(?<key>[a-z]{1,20})="(?<value>[^"]*)"/giv).map(({groups}) => [groups!.key!.toLowerCase(), groups!.value!]));
	const realm = URL.parse(parameters.get('realm') ?? '');
	if (realm?.protocol !== 'https:' && !(context.isPlain && realm?.protocol === 'http:')) {
		throw new HolmError('unavailable', 'the registry names no address for its tokens that is encrypted');
	}

	realm.searchParams.set('service', parameters.get('service') ?? '');
	realm.searchParams.set('scope', parameters.get('scope') ?? `repository:${repository}:pull`);
	const {status, body} = await read(realm, credentials ? {Authorization: basic(credentials)} : {}, context.signal);
	if (status !== 200) {
		return undefined;
	}

	const {token, access_token: other} = JSON.parse(body.toString()) as {readonly token?: unknown; readonly access_token?: unknown};
	const found = [token, other].find((text): text is string => typeof text === 'string' && /^[\w\-.~+\/=]+$/v.test(text));
	return found && `Bearer ${found}`;
};

/** Without TLS only registries on loopback, if they do not speak it. */
const originsOf = (registry: string): readonly string[] => ['https', ...isLoopback(registry) ? ['http'] : []].map(scheme => `${scheme}://${hostOf(registry)}`);

/** Connects to the registry of a repository. Throws the error of the connection, or `unavailable`. */
export const createRegistryClient = (registry: string, repository: string, {credentials, signal: aborted}: {
	readonly credentials?: RegistryCredentials;
	readonly signal?: AbortSignal;
}): RegistryClient => {
	const signal = AbortSignal.any([...aborted ? [aborted] : [], AbortSignal.timeout(timeoutMs)]);
	let authorization: string | undefined;
	const ask = async (origin: string, path: string, headers: Headers): Promise<Answer> => {
		const url = new URL(`/v2/${repository}/${path}`, origin);
		const first = await read(url, {...headers, ...authorization !== undefined && {Authorization: authorization}}, signal);
		if (first.status !== 401) {
			return first;
		}

		authorization = await authorize(first.headers['www-authenticate'] ?? '', repository, credentials, {isPlain: url.protocol === 'http:', signal});
		return authorization === undefined ? first : read(url, {...headers, Authorization: authorization}, signal);
	};

	return async (path, headers = {}) => {
		const [encrypted, plain] = originsOf(registry);
		try {
			return await ask(encrypted!, path, headers);
		} catch (error) {
			if (plain === undefined || error instanceof HolmError || signal.aborted) {
				throw error;
			}

			return ask(plain, path, headers);
		}
	};
};

/** What a registry says about an error: the first one in the body, or the status. */
export const complaintOf = ({status, body}: Answer): string => {
	try {
		const {errors} = JSON.parse(body.toString()) as {readonly errors: ReadonlyArray<Readonly<Record<string, unknown>>>};
		const {code, message} = errors[0]!;
		return printable([code, message].filter(text => typeof text === 'string' && text !== '').join(': ').slice(0, 300)) || `status ${status}`;
	} catch {
		return `status ${status}`;
	}
};

/** The digest of bytes by the algorithm of another digest, such as `sha256:…`. */
export const digestLike = (digest: string, bytes: Uint8Array): string => {
	const algorithm = digest.split(':', 1)[0]!;
	return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
};
