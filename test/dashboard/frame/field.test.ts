import test from 'ava';
import {rebase} from '../../../source/dashboard/frame/field.js';

test('keys faster than frames edit the latest text', t => {
	t.is(rebase('ab', 'abc', 'ab'), 'abc');
	// Two chunks before the first was rendered.
	t.is(rebase('', 'c', 'ab'), 'abc');
	t.is(rebase('a', 'ad', 'abc'), 'abcd');
	// The previous field was rendered last.
	t.is(rebase('box:latest', 'box:latesttwo', ''), 'two');
	t.is(rebase('aa', 'aaa', 'b'), 'ba');
	t.is(rebase('ab', 'a', 'abc'), 'ab');
	t.is(rebase('ab', 'a', ''), '');
});
