import {Buffer} from 'node:buffer';
import {Readable} from 'node:stream';
import {extract, type Header} from 'tar-stream';
import {HolmError, messageOf} from '../../engine/errors.js';

/**
Writes tar in the GNU format. Busybox ignores the extended headers of POSIX.1-2001, which hold long and non-ASCII names.
*/

const blockSize = 512;

const typeFlags: Readonly<Record<string, string>> = {
	file: '0', 'contiguous-file': '0', link: '1', symlink: '2', 'character-device': '3', 'block-device': '4', directory: '5', fifo: '6',
};

/** Writes a number in octal, or in base 256 if it does not fit, as GNU tar does. */
const writeNumber = (header: Buffer, value: number, offset: number, length: number) => {
	const octal = Math.max(0, Math.floor(value)).toString(8);
	if (octal.length < length) {
		header.write(octal.padStart(length - 1, '0'), offset, 'latin1');
		return;
	}

	let rest = BigInt(Math.floor(value));
	for (let index = offset + length - 1; index > offset; index--) {
		header[index] = Number(rest % 256n);
		rest /= 256n;
	}

	header[offset] = 0x80;
};

type Fields = {readonly name: Buffer; readonly linkName: Buffer; readonly flag: string; readonly size: number; readonly from?: Header};

const encodeHeader = ({name, linkName, flag, size, from}: Fields): Buffer => {
	const header = Buffer.alloc(blockSize);
	name.copy(header, 0, 0, 100);
	writeNumber(header, (from?.mode ?? 0o644) & 0o7777, 100, 8);
	writeNumber(header, from?.uid ?? 0, 108, 8);
	writeNumber(header, from?.gid ?? 0, 116, 8);
	writeNumber(header, size, 124, 12);
	writeNumber(header, (from?.mtime?.getTime() ?? 0) / 1000, 136, 12);
	header.write(flag, 156, 'latin1');
	linkName.copy(header, 157, 0, 100);
	header.write('ustar  \0', 257, 'latin1');
	writeNumber(header, from?.devmajor ?? 0, 329, 8);
	writeNumber(header, from?.devminor ?? 0, 337, 8);
	header.fill(' ', 148, 156);
	const sum = header.reduce((total, byte) => total + byte, 0);
	header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
	return header;
};

const padding = (size: number) => Buffer.alloc((blockSize - (size % blockSize)) % blockSize);

/** An entry with the full name of the next entry. */
const longName = (flag: 'L' | 'K', name: Buffer): readonly Buffer[] => {
	const content = Buffer.concat([name, Buffer.of(0)]);
	return name.length > 100
		? [encodeHeader({
			name: Buffer.from('././@LongLink'), linkName: Buffer.alloc(0), flag, size: content.length,
		}), content, padding(content.length)]
		: [];
};

async function * encode(tar: Readable): AsyncGenerator<Uint8Array, void> {
	const entries = extract();
	tar.on('error', error => {
		entries.destroy(error);
	});
	tar.pipe(entries);
	for await (const entry of entries) {
		const {header} = entry;
		const flag = typeFlags[header.type ?? 'file'];
		if (flag === undefined) {
			entry.resume();
			continue;
		}

		const name = Buffer.from(header.name);
		const linkName = Buffer.from(header.linkname ?? '');
		const size = flag === '0' ? header.size ?? 0 : 0;
		yield * longName('K', linkName);
		yield * longName('L', name);
		yield encodeHeader({
			name, linkName, flag, size, from: header,
		});
		yield * entry as AsyncIterable<Uint8Array>;
		yield padding(size);
	}

	yield Buffer.alloc(blockSize * 2);
}

/** Converts a tar to the GNU format. The result fails with `invalid` if the input is not a tar. */
export const toGnuTar = (tar: Readable): Readable => Readable.from((async function * () {
	try {
		yield * encode(tar);
	} catch (error) {
		throw new HolmError('invalid', `the archive cannot be read: ${messageOf(error)}`, {remedy: 'send a tar, plain or compressed with gzip', cause: error});
	}
})(), {objectMode: false});
