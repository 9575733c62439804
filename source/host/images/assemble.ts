import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {open, statfs, type FileHandle} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import type {Buildah} from './buildah.js';
import {fullDisk} from './disk-error.js';

/** A layer by the digest of its tar, and by the one of all layers up to it. */
export type Layer = {readonly diffId: string; readonly chainId: string};

export type OpenLayers = {
	/** Bytes of each layer's tar, in the order asked for. */
	readonly sizes: readonly number[];
	/** The layer's tar. Every layer is read once, in that order. */
	readonly read: (index: number) => AsyncIterable<Uint8Array>;
	readonly close: () => void;
};

/** Where the parts of an image come from. They are verified by their digests. */
export type ImageSource = {
	readonly configuration: () => Promise<Uint8Array>;
	readonly open: (layers: readonly Layer[]) => Promise<OpenLayers>;
};

const blockBytes = 512;

/** A header in GNU's format of tar, which has no limit for the size of a file. */
const headerOf = (name: string, size: number): Uint8Array => {
	const block = Buffer.alloc(blockBytes);
	block.write(name);
	// Mode, user and group.
	for (const [index, field] of ['0000444', '0000000', '0000000'].entries()) {
		block.write(field, 100 + (index * 8));
	}

	// Eleven octal digits, else a number of eight bytes with a mark.
	if (size < 8 ** 11) {
		block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
	} else {
		block[124] = 0x80;
		block.writeBigUInt64BE(BigInt(size), 128);
	}

	block.write('00000000000\0', 136);
	// The checksum counts itself as spaces.
	block.write('        0', 148);
	block.write('ustar  \0', 257);
	block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
	return block;
};

const sha256Of = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

type Configuration = {readonly rootfs?: {readonly type?: unknown; readonly diff_ids?: unknown}};

/** The layers of an image's configuration; Docker leaves the list out if there are none. Throws `invalid` if it is none. */
export const layersOf = (configuration: Uint8Array): readonly Layer[] => {
	let diffIds: unknown;
	try {
		const {rootfs} = JSON.parse(Buffer.from(configuration).toString()) as Configuration;
		diffIds = rootfs?.diff_ids ?? (rootfs?.type === 'layers' ? [] : undefined);
	} catch {}

	if (!Array.isArray(diffIds) || diffIds.length > 1000 || !diffIds.every(item => typeof item === 'string' && /^sha256:[\da-f]{64}$/v.test(item))) {
		throw new HolmError('invalid', 'the configuration of an image does not name its layers');
	}

	const layers: Layer[] = [];
	for (const diffId of diffIds as readonly string[]) {
		const below = layers.at(-1)?.chainId;
		layers.push({diffId, chainId: below === undefined ? diffId : sha256Of(Buffer.from(`${below} ${diffId}`))});
	}

	return layers;
};

/** Writes files of a tar one after another. Those that are skipped are holes, which take no space on the disk. */
const tarWriter = (handle: FileHandle) => {
	let position = 0;
	const write = async (bytes: Uint8Array) => {
		for (let start = 0; start < bytes.length;) {
			const {bytesWritten} = await handle.write(bytes, start, bytes.length - start, position);
			start += bytesWritten;
			position += bytesWritten;
		}
	};

	const pad = () => {
		position = Math.ceil(position / blockBytes) * blockBytes;
	};

	return {
		async add(name: string, size: number, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
			await write(headerOf(name, size));
			for await (const chunk of content) {
				await write(chunk);
			}

			pad();
		},
		async skip(name: string, size: number) {
			await write(headerOf(name, size));
			position += size;
			pad();
		},
		async end() {
			await handle.truncate(position + (2 * blockBytes));
		},
	};
};

const short = (digest: string): string => digest.slice('sha256:'.length, 'sha256:'.length + 12);

/**
Passes the bytes of a layer on.

@yields The same bytes. Throws `invalid` at the end if they are not those of the digest.
*/
async function * verified(content: AsyncIterable<Uint8Array>, diffId: string, size: number): AsyncGenerator<Uint8Array, void> {
	const hash = createHash('sha256');
	let received = 0;
	for await (const chunk of content) {
		hash.update(chunk);
		received += chunk.length;
		if (received > size) {
			break;
		}

		yield chunk;
	}

	if (received !== size || `sha256:${hash.digest('hex')}` !== diffId) {
		throw new HolmError('invalid', `layer ${short(diffId)} is not what its digest says`);
	}
}

/**
Makes an image from its configuration and those of its layers that the storage lacks. `known` has the others, with their sizes.

Buildah reads an archive in which the known layers are holes: it looks for a layer in the storage first. If one has gone meanwhile, its digest does not match, and there is no image.
*/
export const assembleImage = async (
	buildah: Buildah,
	known: ReadonlyMap<string, number>,
	id: string,
	source: ImageSource,
): Promise<void> => {
	const doing = `Cannot take image ${short(id)}`;
	const configuration = await source.configuration();
	if (sha256Of(configuration) !== id) {
		throw new HolmError('invalid', `${doing}: its configuration is not what its digest says`);
	}

	const all = layersOf(configuration);
	// An image may have a layer twice.
	const layers = all.filter(({diffId}, index) => all.findIndex(layer => layer.diffId === diffId) === index);
	const missing = layers.filter(({diffId}) => !known.has(diffId));
	const opened = missing.length > 0 ? await source.open(missing) : undefined;
	try {
		await buildah.inScratch(async work => {
			const bytes = opened?.sizes.reduce((sum, size) => sum + size, 0) ?? 0;
			const {bavail, bsize} = await statfs(work);
			if (bytes > bavail * bsize) {
				throw new HolmError('unavailable', `${doing}: the disk is full`, {remedy: 'free some space, or holm image prune'});
			}

			const file = path.join(work, 'image.tar');
			const handle = await open(file, 'wx', 0o600);
			const nameOf = (digest: string) => `${digest.slice('sha256:'.length)}.tar`;
			try {
				const tar = tarWriter(handle);
				for (const {diffId} of layers) {
					const index = missing.findIndex(layer => layer.diffId === diffId);
					if (index === -1) {
						await tar.skip(nameOf(diffId), known.get(diffId)!);
					} else {
						const size = opened!.sizes[index]!;
						await tar.add(nameOf(diffId), size, verified(opened!.read(index), diffId, size));
					}
				}

				const manifest = Buffer.from(JSON.stringify([{Config: 'configuration.json', Layers: all.map(({diffId}) => nameOf(diffId))}]));
				await tar.add('configuration.json', configuration.length, [configuration]);
				await tar.add('manifest.json', manifest.length, [manifest]);
				await tar.end();
			} finally {
				await handle.close();
			}

			const printed = await buildah.run(['pull', '--quiet', ...buildah.policyArguments, `docker-archive:${file}`], {environment: {TMPDIR: work}});
			if (`sha256:${printed.trim().split('\n').at(-1)}` !== id) {
				throw new HolmError('invalid', `${doing}: it became another image`);
			}
		});
	} catch (error) {
		throw fullDisk(doing, error);
	} finally {
		opened?.close();
	}
};
