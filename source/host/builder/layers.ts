import {Buffer} from 'node:buffer';
import {Readable} from 'node:stream';
import {HolmError} from '../../engine/errors.js';
import {quote} from '../../text/escape.js';
import {guestPaths} from '../containers/bundle.js';
import type {Layer, ImageSource} from '../images/assemble.js';
import {longestDelayMs} from '../machines/patience.js';
import {
	byteReader,
	joinPieces,
	outlineOf,
	type ByteReader,
} from './tar-split.js';

/** Starts a command in the guest of the builder; destroying its output ends it. The output fails if the guest is silent for too long. */
export type GuestReader = (command: string, input?: Uint8Array) => Promise<Readable>;

/** Bytes of an image's configuration, as of a manifest in a registry. */
const maximumConfiguration = 4 * 1024 * 1024;

/** Bytes of the compressed lists of files of all layers of an image, without their content. */
const maximumLists = 64 * 1024 * 1024;

/** A guest that works sends some 20 MB per second, also if it is emulated. */
const slowestBytesPerSecond = 256 * 1024;
const beginSeconds = 120;

const dataRoot = '/var/lib/docker';

/** A command of the builder on its own disk, without what its containers mount. */
const onDisk = (script: string): string => `chroot ${guestPaths.rootfs} /bin/sh -c ${quote(script)}`;

/** Each layer's name is a line of the input; its directory and the size of its list are a line of the output, and the list follows. */
const listScript = `cd ${dataRoot}/image/overlay2/layerdb/sha256 && while read -r layer; do echo "$(cat "$layer/cache-id") $(wc -c <"$layer/tar-split.json.gz")" && cat "$layer/tar-split.json.gz" || exit 1; done`;

const contentScript = `cd ${dataRoot}/overlay2 && exec xargs -0 cat`;

const hexOf = (digest: string): string => {
	const {hex} = /^sha256:(?<hex>[\da-f]{64})$/v.exec(digest)?.groups ?? {};
	if (hex === undefined) {
		throw new HolmError('invalid', 'the builder named an image or a layer without a digest');
	}

	return hex;
};

const readAll = async (stream: Readable, limit: number): Promise<Buffer> => {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of stream as AsyncIterable<Uint8Array>) {
		size += chunk.length;
		if (size > limit) {
			throw new HolmError('invalid', 'the builder sent too much about an image');
		}

		chunks.push(chunk);
	}

	return Buffer.concat(chunks);
};

type Listed = {readonly directory: string; readonly list: Uint8Array};

/** Splits the output of `listScript`. */
export const splitLists = (output: Uint8Array, count: number): readonly Listed[] => {
	const listed: Listed[] = [];
	for (let start = 0; listed.length < count;) {
		const end = output.indexOf(10, start);
		const line = end === -1 ? '' : Buffer.from(output.subarray(start, end)).toString('latin1');
		const {directory, size} = /^(?<directory>[\da-z]{1,128}) (?<size>\d{1,9})$/v.exec(line)?.groups ?? {};
		const next = end + 1 + Number(size);
		if (directory === undefined || next > output.length) {
			throw new HolmError('invalid', 'the builder does not keep its layers as expected');
		}

		listed.push({directory, list: output.subarray(end + 1, next)});
		start = next;
	}

	return listed;
};

/**
Reads an image where dockerd keeps it, which saves what `docker save` does for every layer: two copies in the builder, and the way to the host.

Nothing that it gives is verified here, except for its form and size.
*/
export const builderImage = (open: GuestReader, id: string): ImageSource => ({
	async configuration() {
		return readAll(await open(onDisk(`cat ${dataRoot}/image/overlay2/imagedb/content/sha256/${hexOf(id)}`)), maximumConfiguration);
	},
	async open(layers: readonly Layer[]) {
		const names = layers.map(({chainId}) => `${hexOf(chainId)}\n`).join('');
		const lists = splitLists(await readAll(await open(onDisk(listScript), Buffer.from(names)), maximumLists), layers.length);
		const outlines = await Promise.all(lists.map(async ({list}) => outlineOf(list)));
		const files = lists.flatMap(({directory}, index) => outlines[index]!.names.map(name => `${directory}/diff/${name}\0`));
		const bytes = outlines.reduce((sum, outline) => sum + outline.bytes, 0);
		const seconds = beginSeconds + Math.ceil(bytes / slowestBytesPerSecond);
		let content: Readable | undefined;
		let timer: NodeJS.Timeout | undefined;
		const begin = async (): Promise<ByteReader> => {
			const opened = files.length === 0 ? Readable.from([]) : await open(onDisk(contentScript), Buffer.from(files.join(''), 'latin1'));
			opened.on('error', () => undefined);
			timer = setTimeout(() => {
				opened.destroy(new HolmError('unavailable', `the builder did not give the layers of an image within ${seconds} seconds`, {remedy: 'holm builder logs may say why'}));
			}, Math.min(seconds * 1000, longestDelayMs));
			content = opened;
			return byteReader(opened as AsyncIterable<Uint8Array>);
		};

		let reader: ByteReader | undefined;
		return {
			sizes: outlines.map(outline => outline.bytes),
			async * read(index) {
				reader ??= await begin();
				yield * joinPieces(lists[index]!.list, reader);
				if (index === lists.length - 1) {
					await reader.end();
				}
			},
			close() {
				clearTimeout(timer);
				content?.destroy();
			},
		};
	},
});
