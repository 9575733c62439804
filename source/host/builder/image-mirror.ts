import {createReadStream} from 'node:fs';
import {
	chmod,
	readFile,
	rm,
	stat,
} from 'node:fs/promises';
import type {IncomingMessage, ServerResponse} from 'node:http';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Buildah} from '../images/buildah.js';
import type {ImageStore} from '../images/storage.js';
import {orMissing} from '../store/missing.js';

const http = process.getBuiltinModule('node:http');

/** An image that is being served: a directory with its manifest and its blobs by digest. */
type Served = {readonly directory: string; readonly manifest: Uint8Array; readonly mediaType: string; readonly digest: string};

const digestPattern = /^sha256:[\da-f]{64}$/v;

const defaultMediaType = 'application/vnd.oci.image.manifest.v1+json';

/** Repository of one image, which no registry can have: names on docker.io have two parts. */
const byId = 'holm/by-id/';

/** Port of the mirror in the builder; none that people use for a registry of their own, which `localhost` would name there. */
export const mirrorPort = 60_443;

/** The name under which the builder pulls an image by its id. */
export const mirrorNameOf = (id: string): string => `127.0.0.1:${mirrorPort}/${byId}${id.slice('sha256:'.length)}`;

export type ImageMirror = {
	/** Listens at `socket`, unless it does. */
	readonly open: () => Promise<void>;
	/** Removes the copy of an image that was pulled by its id. */
	readonly release: (id: string) => Promise<void>;
	/** Stops listening and removes its copies of images. */
	readonly close: () => Promise<void>;
};

/**
A registry that only reads, of the engine's images from docker.io, for the builder alone: it asks here first and then the registry itself.

The protocol is that of the OCI distribution specification, as far as a pull needs it. Layers are not compressed, so that the digest of each is the one in the image.
*/
export const createImageMirror = (socket: string, images: Pick<ImageStore, 'get'> & {readonly buildah: Buildah}, log: (line: string) => void): ImageMirror => {
	const served = new Map<string, Promise<Served>>();

	const serve = async (id: string): Promise<Served> => {
		const {buildah} = images;
		const directory = await buildah.scratch();
		try {
			await buildah.run(['push', '--quiet', '--disable-compression', ...buildah.policyArguments, id.slice('sha256:'.length), `dir:${directory}`]);
			const manifest = await readFile(path.join(directory, 'manifest.json'));
			const {mediaType = defaultMediaType} = JSON.parse(manifest.toString()) as {readonly mediaType?: string};
			const {createHash} = await import('node:crypto');
			return {directory, manifest, mediaType, digest: `sha256:${createHash('sha256').update(manifest).digest('hex')}`};
		} catch (error) {
			await buildah.removeScratch(directory);
			throw error;
		}
	};

	const copyOf = async (id: string, key = id): Promise<Served> => {
		const known = served.get(key);
		if (known) {
			return known;
		}

		const copy = serve(id);
		served.set(key, copy);
		copy.catch(() => {
			served.delete(key);
		});
		return copy;
	};

	/** A copy of its own for a pull by id, so that it can be removed alone. */
	const copyFor = async (name: string, reference: string): Promise<Served> => {
		if (name.startsWith(byId)) {
			const id = `sha256:${name.slice(byId.length)}`;
			return copyOf((await images.get(id)).id, `${byId}${id}`);
		}

		return copyOf((await images.get(`docker.io/${name}${reference}`)).id);
	};

	const finished = async (): Promise<readonly Served[]> => {
		const results = await Promise.allSettled(served.values());
		return results.filter(result => result.status === 'fulfilled').map(({value}) => value);
	};

	const sendManifest = async (request: IncomingMessage, response: ServerResponse, name: string, reference: string): Promise<void> => {
		const isDigest = digestPattern.test(reference);
		const copies = isDigest ? await finished() : [];
		const found = copies.find(({digest}) => digest === reference)
			?? await copyFor(name, `${isDigest ? '@' : ':'}${reference}`);
		response.writeHead(200, {'Content-Type': found.mediaType, 'Content-Length': found.manifest.length, 'Docker-Content-Digest': found.digest});
		response.end(request.method === 'HEAD' ? undefined : found.manifest);
	};

	const sendBlob = async (request: IncomingMessage, response: ServerResponse, digest: string): Promise<void> => {
		for (const {directory} of await finished()) {
			const file = path.join(directory, digest.slice('sha256:'.length));
			const status = await orMissing(stat(file));
			if (status) {
				response.writeHead(200, {'Content-Type': 'application/octet-stream', 'Content-Length': status.size, 'Docker-Content-Digest': digest});
				if (request.method === 'HEAD') {
					response.end();
				} else {
					await pipeline(createReadStream(file), response);
				}

				return;
			}
		}

		throw new HolmError('not-found', 'blob unknown');
	};

	const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
		const place = (request.url ?? '').split('?')[0]!;
		if (request.method !== 'GET' && request.method !== 'HEAD') {
			throw new HolmError('unsupported', 'this registry only reads');
		}

		if (/^\/v2\/?$/v.test(place)) {
			response.writeHead(200, {'Content-Type': 'application/json'});
			response.end('{}');
			return;
		}

		const {name, kind, reference} = /^\/v2\/(?<name>[\d_a-z.\-\/]+)\/(?<kind>manifests|blobs)\/(?<reference>[\w.:\-]+)$/v.exec(place)?.groups ?? {};
		if (name === undefined || (kind === 'blobs' && !digestPattern.test(reference!))) {
			throw new HolmError('not-found', 'there is no such thing here');
		}

		await (kind === 'manifests' ? sendManifest(request, response, name, reference!) : sendBlob(request, response, reference!));
	};

	let server: ReturnType<typeof http.createServer> | undefined;
	return {
		async open() {
			if (server) {
				return;
			}

			const opened = http.createServer((request, response) => {
				answer(request, response).catch((error: unknown) => {
					const isKnown = error instanceof HolmError && ['not-found', 'invalid', 'unsupported'].includes(error.code);
					if (!isKnown) {
						log(`an image was not given to the builder: ${messageOf(error)}`);
					}

					if (response.headersSent) {
						response.destroy();
						return;
					}

					// The builder goes on to the registry itself.
					response.writeHead(404, {'Content-Type': 'application/json'});
					response.end(JSON.stringify({errors: [{code: 'MANIFEST_UNKNOWN', message: messageOf(error)}]}));
				});
			});
			server = opened;
			await rm(socket, {force: true});
			const {promise, resolve, reject} = Promise.withResolvers<void>();
			opened.on('error', reject);
			opened.listen(socket, resolve);
			try {
				await promise;
				await chmod(socket, 0o600);
			} catch (error) {
				server = undefined;
				throw error;
			}
		},
		async release(id) {
			const key = `${byId}${id}`;
			const copy = served.get(key);
			served.delete(key);
			const {directory} = await copy?.catch(() => undefined) ?? {};
			if (directory !== undefined) {
				await images.buildah.removeScratch(directory);
			}
		},
		async close() {
			server?.close();
			server?.closeAllConnections();
			server = undefined;
			const copies = await finished();
			served.clear();
			await Promise.all(copies.map(async ({directory}) => images.buildah.removeScratch(directory)));
		},
	};
};
