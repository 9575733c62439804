import {createHash} from 'node:crypto';
import {createReadStream, createWriteStream} from 'node:fs';
import {readFile, stat} from 'node:fs/promises';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {decompress} from '../../archive/decompress.js';
import {HolmError} from '../../engine/errors.js';
import {listOf, membersOf, textOf, textsOf} from './decode/lenient.js';
import type {Descriptor, LayoutImage} from './layout.js';
import type {Spool} from './spool.js';

const refuse = (reason: string): never => {
	throw new HolmError('invalid', `This is not an archive of images: ${reason}`, {remedy: 'holm save and docker save make them'});
};

const parse = async (file: string | undefined, name: string): Promise<unknown> => {
	try {
		return JSON.parse(await readFile(file ?? refuse(`it has no ${name}`), 'utf8')) as unknown;
	} catch (error) {
		throw error instanceof HolmError ? error : refuse(`${name} is not JSON`);
	}
};

/** Reads an archive of Docker's older form, whose index is `manifest.json`. */
export const loadDockerArchive = async (files: ReadonlyMap<string, string>, spool: Spool): Promise<readonly LayoutImage[]> => {
	const images: LayoutImage[] = [];
	let count = 0;
	for (const item of listOf(await parse(files.get('manifest.json'), 'manifest.json'))) {
		const configFile = files.get(textOf(item.Config));
		const config = membersOf(await parse(configFile, 'its configuration'));
		const layers: Descriptor[] = [];
		const byDigest = new Map<string, string>();
		for (const name of textsOf(item.Layers)) {
			const file = spool.path(`docker-layer-${count++}`);
			await pipeline(Readable.from(
				decompress()(createReadStream(files.get(name) ?? refuse(`it has no layer ${JSON.stringify(name.slice(0, 100))}`))),
				{objectMode: false},
			), createWriteStream(file));
			const hash = createHash('sha256');
			for await (const chunk of createReadStream(file)) {
				hash.update(chunk as Uint8Array);
			}

			const digest = `sha256:${hash.digest('hex')}`;
			byDigest.set(digest, file);
			layers.push({mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: (await stat(file)).size});
		}

		images.push({
			config,
			configFile,
			layers,
			names: textsOf(item.RepoTags),
			fileOf: digest => byDigest.get(digest) ?? refuse(`it has no layer ${digest}`),
		});
	}

	return images.length > 0 ? images : refuse('manifest.json names no image');
};
