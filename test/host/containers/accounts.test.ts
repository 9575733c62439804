import test from 'ava';
import {homeOf, homeWithoutAccount, resolveUser} from '../../../source/host/containers/accounts.js';
import {HolmError} from '../../../source/engine/errors.js';

const accounts = {
	passwd: 'root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000:Ada:/home/ada:/bin/sh\n1001:x:77:78::/:\nbroken\n:x:5:5::/:\nlarge:x:99999999999:1:::\n',
	group: 'root:x:0:\nada:x:1000:\nstaff:x:50:ada,other\nwheel:x:10:root,ada\nbroken\nodd:x:no:ada\n',
};

const refusal = (user: string) => {
	try {
		resolveUser(user, accounts);
		return undefined;
	} catch (error) {
		return error instanceof HolmError ? `${error.code}: ${error.message}` : String(error);
	}
};

test('users by name and number, with their groups', t => {
	t.deepEqual(resolveUser('', accounts), {uid: 0, gid: 0, additionalGids: [0, 10]});
	t.deepEqual(resolveUser('ada', accounts), {uid: 1000, gid: 1000, additionalGids: [1000, 50, 10]});
	t.deepEqual(resolveUser('1000', accounts), {uid: 1000, gid: 1000, additionalGids: [1000, 50, 10]}, 'the account of the number');
	t.deepEqual(resolveUser('4321', accounts), {uid: 4321, gid: 0, additionalGids: [0]}, 'a number needs no account');
	t.deepEqual(resolveUser('1001', accounts), {uid: 77, gid: 78, additionalGids: [78]}, 'a name of digits is a name');
});

test('the home of a user is that of the first account with its number', t => {
	const {passwd} = accounts;
	t.is(homeOf({uid: 1000}, {passwd: 'x:x:1000:1\nada:x:1000:1000::/home/ada:/bin/sh\nb:x:1000:1::/b:/bin/sh\n', group: ''}), '/');
	t.is(homeOf({uid: 5}, {passwd: 'five:x:5:5::/home/five:/bin/sh\nb:x:5:1::/b:/bin/sh\n', group: ''}), '/home/five');
	t.is(homeOf({uid: 4321}, {passwd, group: ''}), '/');
	t.is(homeOf({uid: 0}, {passwd: '', group: ''}), '/');
});

test('a user without an account is at home in the root directory', t => {
	t.deepEqual(homeWithoutAccount({uid: 4321}, accounts, ['A=b']), ['HOME=/']);
	t.deepEqual(homeWithoutAccount({uid: 4321}, accounts, ['HOME=/own']), []);
	t.deepEqual(homeWithoutAccount({uid: 1000}, accounts, []), [], 'the runtime looks it up');
});

test('a group that is named replaces those of the account', t => {
	t.deepEqual(resolveUser('ada:staff', accounts), {uid: 1000, gid: 50, additionalGids: [50]});
	t.deepEqual(resolveUser('ada:7', accounts), {uid: 1000, gid: 7, additionalGids: [7]});
	t.deepEqual(resolveUser('0:0', {passwd: '', group: ''}), {uid: 0, gid: 0, additionalGids: [0]});
});

test('names that the image does not have, and numbers that are none', t => {
	t.regex(refusal('nobody')!, /^invalid: unable to find user "nobody"/v);
	t.regex(refusal('0:nobody')!, /^invalid: unable to find group "nobody"/v);
	t.regex(refusal('4294967295')!, /^invalid: /v, 'which stands for no change');
	t.regex(refusal('99999999999')!, /^invalid: /v);
	t.regex(refusal('large')!, /^invalid: /v, 'an account whose number is none');
	t.regex(refusal('-1')!, /^invalid: /v);
	t.regex(refusal('broken')!, /^invalid: /v);
	t.false(refusal(`x${'\n'.repeat(100)}`)!.includes('\n'));
});
