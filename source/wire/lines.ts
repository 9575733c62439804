import {Buffer} from 'node:buffer';

/**
The lines of a stream, without their line feeds; what follows the last one is a line unless it is empty. Throws the error of `tooLong` if what has no line feed yet is longer than `maximumBytes`, and the stream's own.

@yields Each line as it comes.
*/
export async function * readByteLines(
	source: AsyncIterable<Uint8Array>,
	maximumBytes: number,
	tooLong: () => Error,
): AsyncGenerator<Buffer, void> {
	let rest: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of source) {
		let start = 0;
		for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
			yield Buffer.concat([...rest, chunk.subarray(start, end)]);
			rest = [];
			length = 0;
			start = end + 1;
		}

		rest.push(chunk.subarray(start));
		length += chunk.length - start;
		if (length > maximumBytes) {
			throw tooLong();
		}
	}

	if (length > 0) {
		yield Buffer.concat(rest);
	}
}
