import {Buffer} from 'node:buffer';
import {PassThrough} from 'node:stream';
import test from 'ava';
import {withLineEnds} from '../../source/api/line-ends.js';

const textsOf = async (source: AsyncIterable<Uint8Array>): Promise<string[]> => {
	const texts: string[] = [];
	for await (const piece of withLineEnds(source)) {
		texts.push(Buffer.from(piece).toString());
	}

	return texts;
};

/** Pieces, each after the next turn of the event loop. */
const inTurns = async function * (...pieces: readonly string[]): AsyncGenerator<Uint8Array> {
	for (const piece of pieces) {
		await new Promise(resolve => {
			setImmediate(resolve);
		});
		yield Buffer.from(piece);
	}
};

test('a text and its line end are one piece', async t => {
	t.deepEqual(await textsOf(inTurns('hello', '\r\n', 'second\r\n', 'third', '\r', '\n')), ['hello\r\n', 'second\r\n', 'third\r\n']);
	t.deepEqual(await textsOf(inTurns('hello')), ['hello']);
	t.deepEqual(await textsOf(inTurns()), []);
});

test('a text without a line end is passed on, and waits for nothing else', async t => {
	const source = new PassThrough();
	source.write('name: ');
	const pieces = withLineEnds(source);
	const {value} = await pieces.next();
	t.is(String(value), 'name: ');
	source.end('Ada\r\n');
	t.is(String((await pieces.next()).value), 'Ada\r\n');
	t.true((await pieces.next()).done);
});

test('little is held back', async t => {
	const piece = 'x'.repeat(40_000);
	t.deepEqual((await textsOf(inTurns(piece, piece, piece))).map(({length}) => length), [80_000, 40_000]);
});

test('a failure comes after the output before it', async t => {
	const failing = async function * () {
		yield Buffer.from('hello');
		throw new Error('broken');
	};

	const pieces = withLineEnds(failing());
	t.is(String((await pieces.next()).value), 'hello');
	await t.throwsAsync(pieces.next(), {message: 'broken'});
});
