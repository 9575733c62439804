import test from 'ava';
import {chooseAddresses, takeReserved, type Holder} from '../../../source/rules/networks/leases.js';
import {macOf} from '../../../source/rules/networks/mac.js';

/** Room for two containers. */
const network = {name: 'net', subnet: '10.9.0.0/29', gateway: '10.9.0.1', ipRange: '10.9.0.2/31'};

const holder = (address: string, given: Partial<Holder> = {}): Holder => ({
	address, mac: macOf(address), isRunning: false, isRequested: false, ...given,
});

test('an automatic lease avoids reservations, and takes one that gives way if nothing else is left', t => {
	const choose = (...holders: Holder[]) => chooseAddresses({network, holders}, {isRunning: false}).address;
	t.is(choose(), '10.9.0.2');
	t.is(choose(holder('10.9.0.2')), '10.9.0.3');
	t.is(choose(holder('10.9.0.2', {isRequested: true}), holder('10.9.0.3')), '10.9.0.3');
	t.throws(() => choose(holder('10.9.0.2', {isRunning: true}), holder('10.9.0.3', {isRequested: true})), {message: /every address/v});
});

test('a request is refused only if a running container has the address, and when it is to be taken', t => {
	const wanted = {address: '10.9.0.2'};
	const choose = (isRunning: boolean, other: Partial<Holder>) => chooseAddresses({network, wanted, holders: [holder('10.9.0.2', other)]}, {isRunning}).address;
	t.is(choose(false, {isRunning: true, isRequested: true}), '10.9.0.2');
	t.is(choose(true, {isRequested: true}), '10.9.0.2');
	t.throws(() => choose(true, {isRunning: true}), {code: 'conflict', message: /10\.9\.0\.2/v});
	t.throws(() => chooseAddresses({network, wanted: {address: '10.9.0.1'}, holders: []}, {isRunning: false}), {code: 'conflict', message: /gateway/v});
});

test('at the start a reservation is taken, replaced if it was not requested, or refused', t => {
	const reserved = {address: '10.9.0.2', mac: macOf('10.9.0.2')};
	const other = holder('10.9.0.2', {isRunning: true});
	t.deepEqual(takeReserved(reserved, {network, holders: [holder('10.9.0.3')]}), reserved);
	t.deepEqual(takeReserved(reserved, {network, holders: [other]}), {address: '10.9.0.3', mac: macOf('10.9.0.3')});
	t.throws(() => takeReserved(reserved, {network, wanted: {address: '10.9.0.2'}, holders: [other]}), {code: 'conflict'});
	t.throws(() => takeReserved({...reserved, mac: '02:00:00:00:00:07'}, {network, wanted: {mac: '02:00:00:00:00:07'}, holders: [holder('10.9.0.3', {mac: '02:00:00:00:00:07', isRunning: true})]}), {code: 'conflict', message: /02:00:00:00:00:07/v});
});

test('an automatic lease avoids an address whose MAC address another container has requested', t => {
	const taken = holder('10.9.0.3', {mac: macOf('10.9.0.2'), isRunning: true});
	const wide = {...network, ipRange: undefined};
	const expected = {address: '10.9.0.4', mac: macOf('10.9.0.4')};
	t.deepEqual(chooseAddresses({network: wide, holders: [taken]}, {isRunning: true}), expected);
	t.deepEqual(takeReserved({address: '10.9.0.2', mac: macOf('10.9.0.2')}, {network: wide, holders: [taken]}), expected);
	const wanted = {mac: '02:00:00:00:00:07'};
	t.is(chooseAddresses({network: wide, wanted, holders: [taken]}, {isRunning: true}).address, '10.9.0.2', 'one with a MAC address of its own may have it');
});
