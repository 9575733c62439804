import {Buffer} from 'node:buffer';
import {rm, stat, writeFile} from 'node:fs/promises';
import {HolmError, messageOf} from '../../engine/errors.js';
import {fullDisk} from './disk-error.js';

/** The sizes of QEMU's docs/interop/qcow2.txt that `qemu-img create` uses by default, in bytes. */
const clusterBytes = 65_536;
const headerBytes = 112;
const entryBytes = 8;

/** An entry of the L1 table stands for an L2 table of one cluster. */
const bytesPerL1Entry = clusterBytes / entryBytes * clusterBytes;

/** The type of the header extension that names the format of the base. */
const formatExtension = 0xE2_79_2A_CA;

/** QEMU's limit for the path of a base, in bytes. */
const longestPath = 1023;

/**
An empty qcow2 image (version 3) of `sizeBytes` on a raw base: header, refcount table, one refcount block and the L1 table, each from the start of a cluster. Everything is read from the base.

Throws `invalid` if the path of the base is too long.
*/
export const emptyOverlay = (base: string, sizeBytes: number): Uint8Array => {
	const name = Buffer.from(base);
	if (name.length > longestPath) {
		throw new HolmError('invalid', `the path of the base disk ${base} is too long for QEMU`, {remedy: 'choose a shorter --root'});
	}

	const [refcountTable, refcountBlock, l1Table] = [clusterBytes, 2 * clusterBytes, 3 * clusterBytes];
	const entries = Math.ceil(sizeBytes / bytesPerL1Entry);
	const image = Buffer.alloc(l1Table + (entries * entryBytes));
	const nameOffset = headerBytes + 24;
	image.write('QFI\u{FB}', 0, 'latin1');
	image.writeUInt32BE(3, 4);
	image.writeBigUInt64BE(BigInt(nameOffset), 8);
	image.writeUInt32BE(name.length, 16);
	// Clusters of 2^16 bytes.
	image.writeUInt32BE(16, 20);
	image.writeBigUInt64BE(BigInt(sizeBytes), 24);
	image.writeUInt32BE(entries, 36);
	image.writeBigUInt64BE(BigInt(l1Table), 40);
	image.writeBigUInt64BE(BigInt(refcountTable), 48);
	image.writeUInt32BE(1, 56);
	// Refcounts of 2^4 bits.
	image.writeUInt32BE(4, 96);
	image.writeUInt32BE(headerBytes, 100);
	// One extension, padded to eight bytes; the zeros after it end the list.
	image.writeUInt32BE(formatExtension, headerBytes);
	image.writeUInt32BE(3, headerBytes + 4);
	image.write('raw', headerBytes + 8, 'latin1');
	name.copy(image, nameOffset);
	image.writeBigUInt64BE(BigInt(refcountBlock), refcountTable);
	for (let cluster = 0; cluster < Math.ceil(image.length / clusterBytes); cluster++) {
		image.writeUInt16BE(1, refcountBlock + (cluster * 2));
	}

	return image;
};

/** Makes the writable disk of a container: a qcow2 overlay on a base disk. */
export const createOverlay = async (base: string, file: string): Promise<void> => {
	try {
		const {size} = await stat(base);
		await writeFile(file, emptyOverlay(base, size), {mode: 0o600});
	} catch (error) {
		await rm(file, {force: true});
		const failure = fullDisk('Cannot make the disk of a container', error);
		throw failure instanceof HolmError ? failure : new HolmError('internal', `Cannot make the disk of a container: ${messageOf(error)}`, {cause: error});
	}
};
