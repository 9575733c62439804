import {HolmError} from '../engine/errors.js';
import {parseJson} from './json.js';
import {readByteLines} from './lines.js';

/** Far above the longest line of any engine. */
const maximumLineBytes = 16 * 1024 * 1024;

const tooLong = () => new HolmError('internal', `the engine sent a line of more than ${maximumLineBytes} bytes`);

/**
The JSON values of an answer, one per line, until it ends. Throws `internal` for a line of more than 16 MiB, and the stream's own error.

@yields Each value as it comes.
*/
export async function * readJsonLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
	for await (const line of readByteLines(source, maximumLineBytes, tooLong)) {
		const text = line.toString().trim();
		if (text !== '') {
			yield parseJson(text, 'the engine\'s answer');
		}
	}
}
