import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {Readable} from 'node:stream';
import {extract, pack, type Header} from 'tar-stream';
import type {Engine} from '../../../../source/engine/engine.js';
import {formatReference, parseReference} from '../../../../source/rules/images/reference.js';
import {dateOf} from './grammar.js';
import {Refusal} from './invocation.js';

type Json = Readonly<Record<string, unknown>>;
type Descriptor = {readonly mediaType: string; readonly digest: string; readonly size: number};
type Manifest = {readonly config: Descriptor; readonly layers: readonly Descriptor[]};
type Index = {readonly manifests: ReadonlyArray<Descriptor & {readonly platform: {readonly os: string; readonly architecture: string}}>};

const removeBelow = (all: Map<string, unknown>, directory: string) => {
	for (const name of all.keys()) {
		if (name.startsWith(`${directory}/`)) {
			all.delete(name);
		}
	}
};

const files = async (tar: AsyncIterable<Uint8Array>): Promise<ReadonlyMap<string, {readonly header: Header; readonly content: Buffer}>> => {
	const entries = extract();
	Readable.from(tar).pipe(entries);
	const found = new Map<string, {header: Header; content: Buffer}>();
	for await (const entry of entries) {
		const chunks: Uint8Array[] = [];
		for await (const chunk of entry) {
			chunks.push(chunk as Uint8Array);
		}

		found.set(entry.header.name, {header: entry.header, content: Buffer.concat(chunks)});
	}

	return found;
};

const fullName = (reference: string): string => formatReference({tag: 'latest', ...parseReference(reference)});

/** Images as blobs in a directory, and as names of indexes. */
export const createImageStore = (root: string, memory: Engine, architecture: string) => {
	const directory = path.join(root, 'content/blobs/sha256');
	mkdirSync(directory, {recursive: true});
	/** Digests of indexes by names. */
	const names = new Map<string, string>();
	const imported = new Map<string, string>();

	const put = (content: Uint8Array, mediaType: string): Descriptor => {
		const digits = createHash('sha256').update(content).digest('hex');
		writeFileSync(path.join(directory, digits), content);
		return {mediaType, digest: `sha256:${digits}`, size: content.length};
	};

	const get = (digest: string): Buffer => {
		try {
			return readFileSync(path.join(directory, digest.replace('sha256:', '')));
		} catch {
			throw new Refusal(`content with digest ${digest} not found`);
		}
	};

	const json = <Value>(digest: string): Value => JSON.parse(get(digest).toString()) as Value;
	const putJson = (value: unknown, mediaType: string) => put(Buffer.from(JSON.stringify(value)), mediaType);
	const manifestOf = (index: string): {readonly digest: string; readonly manifest: Manifest; readonly size: number} => {
		const [first] = json<Index>(index).manifests;
		const manifest = json<Manifest>(first!.digest);
		return {
			digest: first!.digest,
			manifest,
			size: first!.size + manifest.config.size + manifest.layers.reduce((sum, {size}) => sum + size, 0),
		};
	};

	const add = (name: string, config: Json, layers: readonly Descriptor[]): string => {
		const manifest = putJson(
			{schemaVersion: 2, config: putJson(config, 'application/vnd.oci.image.config.v1+json'), layers},
			'application/vnd.oci.image.manifest.v1+json',
		);
		const index = putJson(
			{schemaVersion: 2, manifests: [{...manifest, platform: {os: 'linux', architecture}}]},
			'application/vnd.oci.image.index.v1+json',
		);
		names.set(fullName(name), index.digest);
		return index.digest;
	};

	/** Takes an image of the engine in memory, over the layers of another one if it was built on it. */
	const takeFromMemory = async (name: string, below: readonly string[] = []): Promise<string> => {
		const archive = await files(await memory.saveImages([name]));
		const [item] = JSON.parse(archive.get('manifest.json')!.content.toString()) as Array<{Config: string; Layers: string[]}>;
		const config = JSON.parse(archive.get(item!.Config)!.content.toString()) as Json & {rootfs: {diff_ids: string[]}};
		const mediaType = 'application/vnd.oci.image.layer.v1.tar';
		const own = item!.Layers.map(layer => put(archive.get(layer)!.content, mediaType));
		const layers = [...below.map(digest => ({mediaType, digest, size: get(digest).length})), ...own];
		return add(name, {...config, rootfs: {type: 'layers', diff_ids: layers.map(({digest}) => digest)}}, layers);
	};

	const find = (reference: string): {readonly name: string; readonly index: string} => {
		const name = fullName(reference);
		const index = names.get(name);
		if (index === undefined) {
			throw new Refusal(`image not found: ${reference}`);
		}

		return {name, index};
	};

	/** All layers of an image as one tar. */
	const flatten = async (index: string): Promise<Readable> => {
		const all = new Map<string, {header: Header; content: Buffer}>();
		for (const {digest} of manifestOf(index).manifest.layers) {
			for (const [given, entry] of await files(Readable.from([get(digest)]))) {
				const name = given.replace(/\/$/v, '');
				const base = path.posix.basename(name);
				if (base.startsWith('.wh.')) {
					const gone = path.posix.join(path.posix.dirname(name), base.slice(4));
					all.delete(gone);
					removeBelow(all, gone);
					continue;
				}

				if (entry.header.type !== 'directory') {
					removeBelow(all, name);
				}

				all.set(name, entry);
			}
		}

		const archive = pack();
		for (const {header, content} of all.values()) {
			if (header.type === 'file') {
				archive.entry(header, content);
			} else {
				archive.entry({...header, size: 0});
			}
		}

		archive.finalize();
		return Readable.from(archive, {objectMode: false});
	};

	return {
		names,
		find,
		takeFromMemory,
		flatten,
		layersOf: (index: string) => manifestOf(index).manifest.layers.map(({digest}) => digest),
		configOf: (index: string): {config?: {
			Entrypoint?: string[];
			Cmd?: string[];
			Env?: string[];
			WorkingDir?: string;
			User?: string;
			Labels?: Record<string, string>;
			StopSignal?: string;
		};} => json(manifestOf(index).manifest.config.digest),
		tag(source: string, target: string) {
			names.set(fullName(target), find(source).index);
			return fullName(target);
		},
		remove(reference: string) {
			names.delete(find(reference).name);
		},
		/** The name of an image's files in the engine in memory. */
		async inMemory(index: string): Promise<string> {
			const known = imported.get(index);
			if (known !== undefined) {
				return known;
			}

			const name = `stand-in/${index.replace('sha256:', '').slice(0, 20)}:1`;
			await memory.importImage(await flatten(index), {tag: name});
			imported.set(index, name);
			return name;
		},
		/** A document of `image ls`. */
		list: () => [...names].map(([name, index]) => {
			const {digest, manifest, size} = manifestOf(index);
			const {
				config: {ExposedPorts: _, Volumes: __, Healthcheck: ___, Shell: ____, OnBuild: _____, ...known} = {},
				...config
			} = json<{config?: Json; created?: string}>(manifest.config.digest);
			return {
				id: index.replace('sha256:', ''),
				configuration: {
					name,
					creationDate: dateOf(Date.parse(config.created ?? '') || 0),
					descriptor: {digest: index, mediaType: 'application/vnd.oci.image.index.v1+json', size: get(index).length},
				},
				variants: [{platform: {os: 'linux', architecture}, digest, size, config: {...config, config: known}}],
			};
		}).toSorted((one, other) => one.configuration.name.localeCompare(other.configuration.name)),
		save(references: readonly string[]): Readable {
			const archive = pack();
			const blobs = new Set<string>();
			const manifests = references.map(reference => {
				const {name, index} = find(reference);
				const {digest, manifest} = manifestOf(index);
				for (const blob of [index, digest, manifest.config.digest, ...manifest.layers.map(layer => layer.digest)]) {
					blobs.add(blob);
				}

				return {
					mediaType: 'application/vnd.oci.image.index.v1+json',
					digest: index,
					size: get(index).length,
					annotations: {'org.opencontainers.image.ref.name': name},
				};
			});
			archive.entry({name: 'oci-layout'}, '{"imageLayoutVersion":"1.0.0"}');
			for (const blob of blobs) {
				archive.entry({name: `blobs/sha256/${blob.replace('sha256:', '')}`}, get(blob));
			}

			archive.entry({name: 'index.json'}, JSON.stringify({schemaVersion: 2, manifests}));
			archive.finalize();
			return Readable.from(archive, {objectMode: false});
		},
		async load(file: string): Promise<readonly string[]> {
			const archive = await files(Readable.from([readFileSync(file)]));
			const index = archive.get('index.json');
			if (!index) {
				throw new Refusal('invalid archive: index.json not found');
			}

			for (const [name, {content}] of archive) {
				if (name.startsWith('blobs/sha256/')) {
					const {digest} = put(content, '');
					if (!name.endsWith(digest.replace('sha256:', ''))) {
						throw new Refusal(`invalid archive: digest mismatch of ${name}`);
					}
				}
			}

			return (JSON.parse(index.content.toString()) as {manifests: Array<{
				digest: string;
				annotations: Record<string, string>;
			}>;}).manifests.map(({digest, annotations}) => {
				const name = fullName(annotations['org.opencontainers.image.ref.name']!);
				names.set(name, digest);
				return name;
			});
		},
	};
};

export type ImageStore = ReturnType<typeof createImageStore>;
