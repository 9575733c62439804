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
import type {Image} from '../../engine/resources.js';
import type {Buildah} from '../images/buildah.js';
import type {ImageStore} from '../images/storage.js';
import {orMissing} from '../store/missing.js';
import {manifestOf, platformList, type Manifest} from './platform-list.js';

const http = process.getBuiltinModule('node:http');

/** An image that is being served: a directory with its blobs by digest, its manifest, and a list with its platform. */
type Served = {readonly directory: string; readonly manifest: Manifest; readonly list: Manifest};

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

The protocol is that of the OCI distribution specification, as far as a pull needs it. An image for another platform is left to the registry. Layers are not compressed, so that the digest of each is the one in the image.
*/
export const createImageMirror = (socket: string, images: Pick<ImageStore, 'get' | 'manifests'> & {readonly buildah: Buildah}, log: (line: string) => void): ImageMirror => {
	const served = new Map<string, Promise<Served>>();

	const serve = async (image: Image): Promise<Served> => {
		const {buildah} = images;
		const directory = await buildah.scratch();
		try {
			await buildah.run(['push', '--quiet', '--disable-compression', ...buildah.policyArguments, image.id.slice('sha256:'.length), `dir:${directory}`]);
			const bytes = await readFile(path.join(directory, 'manifest.json'));
			const {mediaType = defaultMediaType} = JSON.parse(bytes.toString()) as {readonly mediaType?: string};
			const manifest = manifestOf(bytes, mediaType);
			return {directory, manifest, list: platformList(manifest, image, await images.manifests(image))};
		} catch (error) {
			await buildah.removeScratch(directory);
			throw error;
		}
	};

	const copyOf = async (image: Image, key = image.id): Promise<Served> => {
		const known = served.get(key);
		if (known) {
			return known;
		}

		const copy = serve(image);
		served.set(key, copy);
		copy.catch(() => {
			served.delete(key);
		});
		return copy;
	};

	/** What a name means: an image's list, or for a pull by id its manifest, of a copy of its own that can be removed alone. */
	const namedManifest = async (name: string, reference: string): Promise<Manifest> => {
		if (name.startsWith(byId)) {
			const id = `sha256:${name.slice(byId.length)}`;
			const {manifest} = await copyOf(await images.get(id), `${byId}${id}`);
			return manifest;
		}

		const {list} = await copyOf(await images.get(`docker.io/${name}${reference}`));
		return list;
	};

	const finished = async (): Promise<readonly Served[]> => {
		const results = await Promise.allSettled(served.values());
		return results.filter(result => result.status === 'fulfilled').map(({value}) => value);
	};

	const sendManifest = async (request: IncomingMessage, response: ServerResponse, name: string, reference: string): Promise<void> => {
		const isDigest = digestPattern.test(reference);
		const known = isDigest ? await finished() : [];
		const {bytes, mediaType, digest} = known.flatMap(({manifest, list}) => [manifest, list]).find(manifest => manifest.digest === reference)
			?? await namedManifest(name, `${isDigest ? '@' : ':'}${reference}`);
		response.writeHead(200, {'Content-Type': mediaType, 'Content-Length': bytes.length, 'Docker-Content-Digest': digest});
		response.end(request.method === 'HEAD' ? undefined : bytes);
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
