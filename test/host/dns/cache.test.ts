import {Buffer} from 'node:buffer';
import test from 'ava';
import {createAnswerCache} from '../../../source/host/dns/cache.js';

const entryOf = (body: Buffer, ttlSeconds = 60, ttlOffsets: readonly number[] = []) => ({
	answer: {
		rcode: 0, flags: 0, counts: [1, 0, 0] as const, body, local: false,
	},
	ttlSeconds,
	ttlOffsets,
});

const clock = () => {
	let time = 1000;
	return {
		now: () => time,
		advance(milliseconds: number) {
			time += milliseconds;
		},
	};
};

test('times to live run down, and never below zero', t => {
	const {now, advance} = clock();
	const cache = createAnswerCache({now});
	const body = Buffer.alloc(12);
	body.writeUInt32BE(60, 0);
	body.writeUInt32BE(7, 8);
	cache.set('a', entryOf(body, 60, [0, 8]));
	advance(9999);
	const first = cache.get('a')!.body;
	t.deepEqual([first.readUInt32BE(0), first.readUInt32BE(8)], [51, 0]);
	advance(10_001);
	t.is(cache.get('a')!.body.readUInt32BE(0), 40);
	t.is(body.readUInt32BE(0), 60, 'what is kept does not change');
	advance(40_000);
	t.is(cache.get('a'), undefined);
	t.is(cache.size(), 0);
});

test('what may not be kept is not, and replaces what was', t => {
	const cache = createAnswerCache();
	cache.set('a', entryOf(Buffer.alloc(4)));
	cache.set('a', entryOf(Buffer.alloc(4), 0));
	t.is(cache.get('a'), undefined);
});

test('what was not used for longest makes room', t => {
	const cache = createAnswerCache({maximumEntries: 3});
	for (const key of ['a', 'b', 'c']) {
		cache.set(key, entryOf(Buffer.alloc(4)));
	}

	cache.get('a');
	cache.set('d', entryOf(Buffer.alloc(4)));
	t.deepEqual(['a', 'b', 'c', 'd'].filter(key => cache.get(key)), ['a', 'c', 'd']);
});

test('large answers make room for one another, and one that is too large is not kept', t => {
	const cache = createAnswerCache({maximumBytes: 100});
	cache.set('a', entryOf(Buffer.alloc(60)));
	cache.set('b', entryOf(Buffer.alloc(60)));
	t.deepEqual(['a', 'b'].filter(key => cache.get(key)), ['b']);
	cache.set('b', entryOf(Buffer.alloc(30)));
	cache.set('c', entryOf(Buffer.alloc(70)));
	t.deepEqual(['b', 'c'].filter(key => cache.get(key)), ['b', 'c'], 'a replaced entry gives its room back');
	cache.set('d', entryOf(Buffer.alloc(101)));
	t.is(cache.size(), 0);
});
