import test from 'ava';
import {columns, containerRank} from '../../../source/dashboard/containers/rows.js';
import {sortColumns, sortedBy} from '../../../source/dashboard/lists/sorts.js';
import {createItemsSelector} from '../../../source/dashboard/state/list-items.js';
import {emptyList} from '../../../source/dashboard/state/list-state.js';
import {initialUi} from '../../../source/dashboard/state/ui-state.js';
import type {Snapshot} from '../../../source/engine/snapshot.js';
import {container, image, network} from '../../engine/resources.js';

test('every column that sorts has a letter of its own and a value', t => {
	for (const list of Object.values(sortColumns)) {
		t.is(new Set(list.map(({letter}) => letter)).size, list.length);
	}

	for (const {key} of sortColumns.containers) {
		t.truthy(containerRank(key, {}), key);
		t.true(columns.some(column => column.key === key));
	}
});

test('numbers in names, addresses and ports are compared as numbers, and what has none is last in both directions', t => {
	const at = (name: string, address: string, hostPort: number) => container({
		id: name,
		name,
		attachments: [{network: 'n', networkId: 'n', endpointId: 'e', address, prefixLength: 24, gateway: '', mac: '', aliases: []}],
		ports: hostPort === 0 ? [] : [{hostAddress: '', hostPort, containerPort: 80, protocol: 'tcp'}],
	});
	const list = [at('web-10', '192.168.65.100', 9000), at('web-2', '192.168.65.20', 10_000), at('web-1', '', 0), at('web-3', 'evil', 80)];
	const names = (key: string, isDescending = false) => sortedBy(list, containerRank(key, {}), isDescending).map(({name}) => name.slice(4)).join(' ');
	t.is(names('name'), '1 2 3 10');
	t.is(names('name', true), '10 3 2 1');
	t.is(names('network'), '2 10 1 3');
	t.is(names('network', true), '10 2 1 3');
	t.is(names('ports'), '3 10 2 1');
	t.is(names('ports', true), '2 10 3 1');
	t.is(names('constructor'), '10 2 1 3');
});

test('other lists sort by all their columns', t => {
	const networks = [network({id: 'a', name: 'n10', subnet: '192.168.100.0/24', gateway: 'x'}), network({id: 'b', name: 'n9', subnet: '192.168.99.0/24', internal: true})];
	const images = [image({id: 'sha256:1', sizeBytes: 9, createdAt: 5}), image({id: 'sha256:2', sizeBytes: 100, createdAt: 0}), image({id: 'sha256:3', sizeBytes: 50, createdAt: 9})];
	const snapshot: Snapshot = {readAt: 0, containers: [container({imageId: 'sha256:3'})], networks, images, volumes: [], stats: {}};
	const select = createItemsSelector();
	const order = (list: 'networks' | 'images', sort: string, isDescending = false) => {
		const ui = {...initialUi, lists: {...initialUi.lists, [list]: {...emptyList, sort, isDescending}}};
		return select({connection: {state: 'connected'}, snapshot, usage: {}, events: []}, ui)[list].map(({id}) => id.replace('sha256:', '')).join('');
	};

	t.is(order('networks', 'name'), 'ba');
	t.is(order('networks', 'subnet'), 'ba');
	t.is(order('networks', 'gateway', true), 'ba');
	t.is(order('networks', 'kind', true), 'ab');
	t.is(order('images', 'size', true), '231');
	t.is(order('images', 'created'), '312');
	t.is(order('images', 'created', true), '132');
	t.is(order('images', 'used', true), '312');
});
