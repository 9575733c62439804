import {Readable} from 'node:stream';
import {extract, pack} from 'tar-stream';

/** A tar with other names. */
export const repack = (tar: Readable, rename: (name: string) => string): Readable => {
	const archive = pack();
	const copy = async () => {
		const entries = extract();
		tar.pipe(entries);
		for await (const entry of entries) {
			const chunks: Uint8Array[] = [];
			for await (const chunk of entry) {
				chunks.push(chunk as Uint8Array);
			}

			const {header} = entry;
			archive.entry(
				{...header, name: rename(header.name), linkname: header.type === 'link' ? rename(header.linkname ?? '') : header.linkname},
				Buffer.concat(chunks) as unknown as string,
			);
		}

		archive.finalize();
	};

	copy().catch((error: unknown) => {
		archive.destroy(error as Error);
	});
	return Readable.from(archive, {objectMode: false});
};
