import {Buffer} from 'node:buffer';

/**
Splits bytes into messages that come after headers of `headerLength` bytes. `lengthOf` reads from a header how many bytes follow it, and throws for what is no header.

@yields Messages without their headers. Returns how many bytes are left of a last message that is not complete.
*/
export async function * splitByLength(
	bytes: AsyncIterable<Uint8Array>,
	headerLength: number,
	lengthOf: (header: Buffer) => number,
): AsyncGenerator<Buffer, number> {
	let chunks: Uint8Array[] = [];
	let size = 0;
	let wanted = headerLength;
	for await (const chunk of bytes) {
		chunks.push(chunk);
		size += chunk.length;
		if (size < wanted) {
			continue;
		}

		let rest = Buffer.concat(chunks);
		wanted = headerLength;
		while (rest.length >= headerLength) {
			const end = headerLength + lengthOf(rest.subarray(0, headerLength));
			if (rest.length < end) {
				wanted = end;
				break;
			}

			yield rest.subarray(headerLength, end);
			rest = rest.subarray(end);
		}

		chunks = [rest];
		size = rest.length;
	}

	return size;
}
