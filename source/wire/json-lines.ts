import {Buffer} from 'node:buffer';
import {HolmError} from '../engine/errors.js';
import {parseJson} from './json.js';

/** Far above the longest line of any engine. */
const maximumLineBytes = 16 * 1024 * 1024;

/**
The JSON values of an answer, one per line, until it ends. Throws `internal` for a line of more than 16 MiB, and the stream's own error.

@yields Each value as it comes.
*/
export async function * readJsonLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
	let rest: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of source) {
		let start = 0;
		for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
			const text = Buffer.concat([...rest, chunk.subarray(start, end)]).toString().trim();
			rest = [];
			length = 0;
			start = end + 1;
			if (text !== '') {
				yield parseJson(text, 'the engine\'s answer');
			}
		}

		rest.push(chunk.subarray(start));
		length += chunk.length - start;
		if (length > maximumLineBytes) {
			throw new HolmError('internal', `the engine sent a line of more than ${maximumLineBytes} bytes`);
		}
	}

	const text = Buffer.concat(rest).toString().trim();
	if (text !== '') {
		yield parseJson(text, 'the engine\'s answer');
	}
}
