import {PassThrough, Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {pack} from 'tar-stream';
import type {Opened} from './opened.js';

type Sink = ReturnType<ReturnType<typeof pack>['entry']>;

/** Resolves when the sink takes more, or takes nothing any more. */
const whenReady = async (sink: Sink): Promise<void> => new Promise(resolve => {
	const ready = () => {
		resolve();
	};

	sink.once('drain', ready).once('close', ready);
});

const writeContent = async (sink: Sink, content: AsyncIterable<unknown>): Promise<void> => {
	for await (const chunk of content) {
		if (!sink.write(chunk)) {
			await whenReady(sink);
		}
	}

	sink.end(undefined);
};

/** Packs entries as they come. */
export const packed = (entries: Opened['entries']): Readable => {
	const archive = pack();
	const output = new PassThrough();
	const write = async () => {
		try {
			for await (const {header, content} of entries) {
				if (header.type === 'file' || header.type === 'contiguous-file') {
					await writeContent(archive.entry(header), content);
				} else {
					archive.entry({...header, size: 0});
				}
			}

			archive.finalize();
		} catch (error) {
			archive.destroy(error as Error);
		}
	};

	void write();
	pipeline(Readable.from(archive, {objectMode: false}), output).catch(() => undefined);
	return output;
};
