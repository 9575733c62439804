import test from 'ava';
import {parseGroup, accessRefusalOf} from '../../../source/host/service/group.js';

test('a group is read from a line of getent', t => {
	t.deepEqual(parseGroup('holm:x:990:ada,eve\n'), {gid: 990, members: ['ada', 'eve']});
	t.deepEqual(parseGroup('holm:x:990:\n'), {gid: 990, members: []});
	t.is(parseGroup(''), undefined);
});

test('a user without access gets the remedy', t => {
	const group = {gid: 990, members: ['ada']};
	t.is(accessRefusalOf(group, {name: 'eve', gids: [1001]}).remedy, 'sudo usermod -aG holm eve, then log in again');
	t.is(accessRefusalOf(undefined, {name: 'eve', gids: [1001]}).remedy, 'sudo usermod -aG holm eve, then log in again');
	t.regex(accessRefusalOf(group, {name: 'ada', gids: [1000]}).remedy, /log in again, or run: newgrp holm/v);
	t.regex(accessRefusalOf(group, {name: 'ada', gids: [1000, 990]}).remedy, /restart holm\.socket/v);
});
