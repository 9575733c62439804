import {Buffer} from 'node:buffer';
import {setTimeout as delay} from 'node:timers/promises';

/** How long the end of a line may take. */
const limitMs = 25;

/** Bytes to hold back at most. */
const maximumHeld = 64 * 1024;

const lineFeed = 10;

/**
Output of a terminal with its line ends.

A terminal writes a text and its line end in two pieces, between which the process at the other side may read. Clients that take a piece for a line would get an empty one. For sessions without input: nobody waits for what they have typed.

@yields The pieces; one without a line end a little later, with those that came meanwhile.
*/
export const withLineEnds = async function * (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	const iterator = source[Symbol.asyncIterator]();
	let next = iterator.next();
	for (let piece = await next; !piece.done; piece = await next) {
		// A failure counts only when what came before it has been taken.
		next = iterator.next();
		next.catch(() => undefined);
		const held: Uint8Array[] = [piece.value];
		let size = piece.value.length;
		const leaving = new AbortController();
		const limit = delay(limitMs, undefined, {signal: leaving.signal}).catch(() => undefined);
		while (held.at(-1)!.at(-1) !== lineFeed && size < maximumHeld) {
			const more = await Promise.race([next.catch(() => undefined), limit]);
			if (!more || more.done) {
				break;
			}

			held.push(more.value);
			size += more.value.length;
			next = iterator.next();
			next.catch(() => undefined);
		}

		leaving.abort();
		yield held.length === 1 ? held[0]! : Buffer.concat(held);
	}
};
