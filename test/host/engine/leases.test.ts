import test from 'ava';
import type {NetworkRecord} from '../../../source/host/engine/context.js';
import {leaseAttachment} from '../../../source/host/engine/leases.js';

const network = (name: string, subnet: string, role?: 'builder'): NetworkRecord => ({
	id: name.padEnd(64, '0'), name, createdAt: 0, driver: 'bridge', subnet: `${subnet}.0/24`, gateway: `${subnet}.1`, internal: false, labels: {}, ...role && {role},
});

const records = [network('shop', '10.1.1'), network('holm-builder', '10.1.2', 'builder')];

const context = {networks: new Map(records.map(record => [record.id, record])), containers: new Map(), connected: new Set<string>()};

test('the network of the builder takes the builder alone', t => {
	const lease = (name: string, role?: 'builder') => leaseAttachment(context, {network: name, aliases: []}, {isRunning: false, role});
	t.is(lease('shop').network, 'shop');
	t.is(lease('holm-builder', 'builder').network, 'holm-builder');
	t.throws(() => lease('holm-builder'), {message: /is the network of the builder, and takes no other container/v});
});
