import test from 'ava';
import {rebase} from '../../../source/dashboard/frame/field.js';

test('keys that come faster than frames are keys of the text as it is', t => {
	t.is(rebase('ab', 'abc', 'ab'), 'abc');
	// Two pieces before the first was drawn.
	t.is(rebase('', 'c', 'ab'), 'abc');
	t.is(rebase('a', 'ad', 'abc'), 'abcd');
	// The field before was the one that was drawn.
	t.is(rebase('box:latest', 'box:latesttwo', ''), 'two');
	t.is(rebase('aa', 'aaa', 'b'), 'ba');
	t.is(rebase('ab', 'a', 'abc'), 'ab');
	t.is(rebase('ab', 'a', ''), '');
});
