import test from 'ava';
import {type HolmError} from '../../../source/engine/errors.js';
import {
	formatAddress,
	isOverlapping,
	parseAddress,
	parseCidr,
} from '../../../source/rules/networks/cidr.js';
import {
	leaseAddress,
	nextSubnet,
	validateNetwork,
} from '../../../source/rules/networks/ipam.js';
import {macOf, parseMac} from '../../../source/rules/networks/mac.js';

test('addresses are read strictly and written back', t => {
	for (const address of ['0.0.0.0', '192.168.64.1', '255.255.255.255', '128.0.0.1']) {
		t.is(formatAddress(parseAddress(address)), address);
	}

	for (const text of ['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1.2.3.-4', '1.2.3.4 ', '1.2.3.4\n', '0x1.2.3.4', '::1', '１.2.3.4']) {
		t.throws(() => parseAddress(text), {code: 'invalid'});
	}
});

test('a subnet with bits below its prefix is refused by naming the right one', t => {
	t.deepEqual(parseCidr('192.168.64.0/24'), {first: parseAddress('192.168.64.0'), prefixLength: 24});
	t.deepEqual(parseCidr('0.0.0.0/0'), {first: 0, prefixLength: 0});
	t.throws(() => parseCidr('192.168.70.5/24'), {code: 'invalid', message: /192\.168\.70\.5\/24/v});
	const error = t.throws<HolmError>(() => parseCidr('10.1.2.3/8'));
	t.is(error.remedy, 'write 10.0.0.0/8');
	for (const text of ['192.168.64.0', '192.168.64.0/', '192.168.64.0/024', '192.168.64.0/33', '192.168.64.0/-1', 'fd00::/64', '192.168.64.0/24/8']) {
		t.throws(() => parseCidr(text), {code: 'invalid'});
	}
});

test('blocks overlap when one includes the other', t => {
	const overlapBothWays = (one: string, other: string) => [
		isOverlapping(parseCidr(one), parseCidr(other)),
		isOverlapping(parseCidr(other), parseCidr(one)),
	];
	t.deepEqual(overlapBothWays('10.0.0.0/8', '10.255.255.0/24'), [true, true]);
	t.deepEqual(overlapBothWays('192.168.64.0/24', '192.168.64.0/24'), [true, true]);
	t.deepEqual(overlapBothWays('192.168.64.0/24', '192.168.65.0/24'), [false, false]);
	t.deepEqual(overlapBothWays('0.0.0.0/0', '255.255.255.255/32'), [true, true]);
});

test('subnets come from the pool in order, past everything taken, then from the second pool', t => {
	t.is(nextSubnet({taken: []}), '192.168.64.0/24');
	t.is(nextSubnet({taken: ['192.168.64.0/24', '192.168.66.0/24']}), '192.168.65.0/24');
	t.is(nextSubnet({taken: ['192.168.64.128/25', '192.168.65.7/32']}), '192.168.66.0/24');
	t.is(nextSubnet({taken: ['192.168.64.0/18']}), '192.168.128.0/24');
	t.is(nextSubnet({taken: ['192.168.0.0/16']}), '172.18.0.0/24');
	t.is(nextSubnet({taken: ['192.168.0.0/16', '172.18.0.0/16']}), '172.19.0.0/24');
	t.throws(() => nextSubnet({taken: ['192.168.0.0/16', '172.16.0.0/12']}), {code: 'unavailable'});
});

test('a network is completed with its gateway', t => {
	t.deepEqual(validateNetwork({subnet: '192.168.70.0/24'}, []), {subnet: '192.168.70.0/24', gateway: '192.168.70.1'});
	t.deepEqual(
		validateNetwork({subnet: '10.9.0.0/16', gateway: '10.9.255.254', ipRange: '10.9.4.0/24'}, [{subnet: '10.8.0.0/16', by: 'network web'}]),
		{subnet: '10.9.0.0/16', gateway: '10.9.255.254', ipRange: '10.9.4.0/24'},
	);
	t.is(validateNetwork({subnet: '10.0.0.0/30'}, []).gateway, '10.0.0.1');
});

test('a network that cannot be is refused with the reason', t => {
	const taken = [{subnet: '192.168.64.0/24', by: 'network web'}, {subnet: '10.0.0.0/8', by: 'a route of the host'}];
	const refused = (configuration: Parameters<typeof validateNetwork>[0], code: string, message: RegExp) => {
		t.throws(() => validateNetwork(configuration, taken), {code, message});
	};

	refused({subnet: 'nonsense'}, 'invalid', /nonsense/v);
	refused({subnet: '192.168.64.128/25'}, 'conflict', /192\.168\.64\.0\/24 of network web/v);
	refused({subnet: '10.4.0.0/16'}, 'conflict', /a route of the host/v);
	refused({subnet: '172.20.0.0/31'}, 'invalid', /no room/v);
	refused({subnet: '0.0.0.0/1'}, 'invalid', /larger/v);
	refused({subnet: '127.1.0.0/16'}, 'invalid', /127\.0\.0\.0\/8/v);
	refused({subnet: '224.1.0.0/16'}, 'invalid', /224\.0\.0\.0\/3/v);
	for (const gateway of ['172.20.1.1', '172.20.0.0', '172.20.0.255']) {
		refused({subnet: '172.20.0.0/24', gateway}, 'invalid', /gateway/v);
	}

	for (const [address, code, message] of [
		['172.20.1.5', 'invalid', /"router" is not an address of subnet/v],
		['172.20.0.255', 'invalid', /not an address of subnet/v],
		['x', 'invalid', /"x"/v],
		['172.20.0.1', 'conflict', /that of the gateway/v],
		['172.20.0.5', 'conflict', /that of "switch"/v],
	] as const) {
		refused({subnet: '172.20.0.0/24', auxiliaryAddresses: {switch: '172.20.0.5', router: address}}, code, message);
	}

	refused({subnet: '172.20.0.0/24', ipRange: '172.20.1.0/25'}, 'invalid', /ip range/v);
	refused({subnet: '172.20.0.0/24', ipRange: '172.20.0.0/23'}, 'invalid', /ip range/v);
});

test('the lowest free address is leased, never that of the network, the gateway or broadcast', t => {
	const network = {subnet: '192.168.64.0/29', gateway: '192.168.64.1'};
	const taken: string[] = [];
	for (let index = 2; index <= 6; index++) {
		const address = leaseAddress({...network, taken});
		t.is(address, `192.168.64.${index}`);
		taken.push(address);
	}

	t.throws(() => leaseAddress({...network, taken}), {code: 'unavailable'});
	t.is(leaseAddress({...network, taken: taken.filter(address => address !== '192.168.64.4')}), '192.168.64.4');
	t.is(leaseAddress({...network, ipRange: '192.168.64.4/30', taken: []}), '192.168.64.4');
	t.is(leaseAddress({subnet: '192.168.64.0/29', gateway: '192.168.64.6', taken: []}), '192.168.64.1');
});

test('auxiliary addresses are kept and never leased', t => {
	const {subnet, gateway, ...plan} = validateNetwork({subnet: '192.168.64.0/29', auxiliaryAddresses: {router: '192.168.64.2', switch: '192.168.64.4'}}, []);
	t.deepEqual(plan, {auxiliaryAddresses: {router: '192.168.64.2', switch: '192.168.64.4'}});
	t.is(leaseAddress({subnet, gateway, ...plan, taken: []}), '192.168.64.3');
	t.is(leaseAddress({subnet, gateway, ...plan, taken: ['192.168.64.3']}), '192.168.64.5');
	t.throws(() => leaseAddress({subnet, gateway, ...plan, taken: [], wanted: '192.168.64.4'}), {code: 'conflict', message: /is reserved on subnet/v});
});

test('a wanted address is given when it is the subnet\'s and free', t => {
	const network = {subnet: '192.168.64.0/24', gateway: '192.168.64.1', taken: ['192.168.64.9']};
	t.is(leaseAddress({...network, wanted: '192.168.64.200', ipRange: '192.168.64.0/28'}), '192.168.64.200');
	t.throws(() => leaseAddress({...network, wanted: '192.168.64.9'}), {code: 'conflict', message: /already in use/v});
	t.throws(() => leaseAddress({...network, wanted: '192.168.64.1'}), {code: 'conflict', message: /gateway/v});
	for (const wanted of ['192.168.65.2', '192.168.64.0', '192.168.64.255', 'x']) {
		t.throws(() => leaseAddress({...network, wanted}), {code: 'invalid'});
	}
});

test('MAC addresses are locally administered, follow the address, and are read strictly', t => {
	t.is(macOf('192.168.64.2'), '02:42:c0:a8:40:02');
	t.is(parseMac('02-42-C0-A8-40-02'), '02:42:c0:a8:40:02');
	for (const text of ['', '02:42:c0:a8:40', '01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00', '02:42:c0:a8:40:02\n']) {
		t.throws(() => parseMac(text), {code: 'invalid'});
	}

	for (const parse of [parseMac, parseAddress, parseCidr]) {
		const {message} = t.throws(() => parse('A'.repeat(1_000_000)));
		t.true(message.length < 100, 'a message does not grow with what was given');
	}
});
