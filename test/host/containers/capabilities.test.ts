import test from 'ava';
import {capabilitiesOf} from '../../../source/host/containers/capabilities.js';

const capabilities = (capabilitiesToAdd: readonly string[], capabilitiesToDrop: readonly string[], isPrivileged = false) =>
	capabilitiesOf({privileged: isPrivileged, capabilitiesToAdd, capabilitiesToDrop});

test('what Docker gives, more and less of it', t => {
	const standard = capabilities([], []);
	t.is(standard.length, 14);
	t.true(standard.every(name => name.startsWith('CAP_')));
	t.true(standard.includes('CAP_NET_RAW') && !standard.includes('CAP_SYS_ADMIN'));
	t.deepEqual(capabilities(['NET_ADMIN'], []).toSorted(), [...standard, 'CAP_NET_ADMIN'].toSorted());
	t.deepEqual(capabilities([], ['cap_chown', 'KILL']), standard.filter(name => !['CAP_CHOWN', 'CAP_KILL'].includes(name)));
	t.deepEqual(capabilities(['CHOWN'], []), standard, 'once only');
});

test('ALL, with exceptions', t => {
	const all = capabilities(['ALL'], []);
	t.is(all.length, 41);
	t.deepEqual(capabilities(['all'], ['SYS_ADMIN']), all.filter(name => name !== 'CAP_SYS_ADMIN'));
	t.deepEqual(capabilities([], ['ALL']), []);
	t.deepEqual(capabilities(['NET_RAW', 'Cap_Chown'], ['ALL']), ['CAP_CHOWN', 'CAP_NET_RAW']);
	t.deepEqual(capabilities([], [], true), all);
	t.deepEqual(capabilities([], ['ALL'], true), all, 'a privileged container has them whatever it drops, as in Docker');
});

test('unknown ones are refused, wherever they stand', t => {
	t.throws(() => capabilities(['FLY'], []), {message: 'unknown capability "FLY"'});
	t.throws(() => capabilities([], ['CAP_FLY']), {message: 'unknown capability "CAP_FLY"'});
	t.throws(() => capabilities(['FLY'], [], true), {message: 'unknown capability "FLY"'});
	t.throws(() => capabilities([''], []), {message: 'unknown capability ""'});
});
