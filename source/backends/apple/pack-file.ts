import {createWriteStream} from 'node:fs';
import {Readable, type Writable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {pack, type Header} from 'tar-stream';
import type {TarEntry} from '../../archive/tar-entries.js';
import {drained} from './follow.js';

/** A tar that is written to a file, entry by entry. */
export type PackedFile = {
	readonly add: (
		header: Partial<Header> & {readonly name: string},
		content?: AsyncIterable<unknown> | Uint8Array | string,
	) => Promise<void>;
	readonly finish: () => Promise<void>;
};

export const packFile = (file: string): PackedFile => {
	const archive = pack();
	const written = pipeline(Readable.from(archive, {objectMode: false}), createWriteStream(file));
	written.catch(() => undefined);
	return {
		async add(header, content = '') {
			if (typeof content === 'string' || content instanceof Uint8Array) {
				archive.entry(header, content as string);
				return;
			}

			const sink = archive.entry(header);
			for await (const chunk of content) {
				if (!sink.write(chunk)) {
					await drained(sink as unknown as Writable);
				}
			}

			sink.end(undefined);
			await new Promise<void>(resolve => {
				if (sink.destroyed) {
					resolve();
				}

				sink.once('close', () => {
					resolve();
				});
			});
		},
		async finish() {
			archive.finalize();
			await written;
		},
	};
};

/** Adds an entry of another tar, perhaps under another name. */
export const addEntry = async ({add}: PackedFile, entry: TarEntry, header: Header = entry.header): Promise<void> => {
	if (header.type === 'file' || header.type === 'contiguous-file') {
		await add(header, entry);
	} else {
		entry.resume();
		await add({...header, size: 0});
	}
};
