import test from 'ava';
import {createReadBuffer} from '../../../source/host/bridges/read-buffer.js';

/** One that has grown, as far as there is a large buffer for it. */
const grown = () => {
	const readBuffer = createReadBuffer();
	readBuffer.fit(readBuffer.current().length);
	return readBuffer;
};

test.serial('a read that fills the small buffer makes it large, a short one small again', t => {
	const readBuffer = createReadBuffer();
	const small = readBuffer.current();
	readBuffer.fit(small.length - 1);
	t.is(readBuffer.current(), small);
	readBuffer.fit(small.length);
	const large = readBuffer.current();
	t.true(large.length > small.length);
	readBuffer.fit(small.length + 1);
	t.is(readBuffer.current(), large);
	readBuffer.fit(1);
	t.is(readBuffer.current(), small);
});

test.serial('large buffers are few, never shared, and come back from those that close', t => {
	const all = Array.from({length: 100}, grown);
	const buffers = new Set(all.map(({current}) => current()));
	t.is(buffers.size, 100);
	const sizes = [...buffers].map(({length}) => length);
	t.is(sizes.filter(size => size === Math.max(...sizes)).length, 64);
	for (const {close} of all) {
		close({isInUse: false});
	}

	t.is(grown().current().length, Math.max(...sizes));
});

test.serial('a large buffer that is still being written is not given to another connection', t => {
	const one = grown();
	const buffer = one.current();
	one.close({isInUse: true});
	const others = Array.from({length: 64}, grown);
	t.false(others.some(({current}) => current() === buffer));
});
