import test from 'ava';
import {containerFields, networkFields} from '../../../source/dashboard/lists/fields.js';
import {exactly, findIn, matchText, parseQuery} from '../../../source/dashboard/lists/query.js';
import type {Container} from '../../../source/engine/resources.js';
import {configuration, container, network} from '../../engine/resources.js';

const attachment = {
	network: 'shop_default', networkId: 'n', endpointId: 'e', address: '192.168.66.3', prefixLength: 24, gateway: '192.168.66.1', mac: '02:42:c0:a8:42:03', aliases: [],
};

const web: Container = container({
	id: 'abc1'.repeat(16),
	name: 'shop-web',
	configuration: configuration({image: 'docker.io/library/nginx:alpine', labels: {'com.docker.compose.project': 'shop', tier: 'the front'}}),
	health: {status: 'healthy', failingStreak: 0, log: []},
	attachments: [attachment],
	ports: [{hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp'}],
	exposedPorts: ['443/tcp'],
});

const isFound = (filter: string) => findIn(web, parseQuery(filter, containerFields), containerFields) !== undefined;

test('a filter finds text of the row, and with a prefix the text of one field', t => {
	for (const filter of ['', 'web', 'WEB', 'nginx', '192.168.66', 'shop_def', '8080:80', 'healthy', 'web nginx', 'nginx:alpine', 'image:nginx', 'port:8080', 'port:80', 'port:443', 'id:abc1', 'label:tier=', 'label:"the front"', 'ip:192.168.66.3', 'ip:192.168.66.0/24', 'network:shop', 'net=shop_default', 'state:running', 'state:healthy', 'health:healthy', 'project:shop', 'name=shop-web', 'image=docker.io/library/nginx:alpine', 'mac:02:42', 'command:redis', 'image:', '!redis', '!image:redis']) {
		t.true(isFound(filter), filter);
	}

	for (const filter of ['redis', 'running', 'the', 'abc1', 'image:web', 'name:nginx', 'port:808 port:9', 'port:08', 'ip:168', 'ip:192.168.65.0/24', 'ip:192.168.66.0/99', 'net=shop', 'state:exited', 'web redis', '!web', '!port:80', '"image:nginx"', 'volume:x']) {
		t.false(isFound(filter), filter);
	}
});

test('an unknown prefix is text, and quotes make one of a known one', t => {
	t.deepEqual(parseQuery('redis:alpine', containerFields), [{value: 'redis:alpine', isExact: false, isNot: false}]);
	const terms = parseQuery('"image:x" ! constructor:1', containerFields);
	t.deepEqual(terms.map(({value, field}) => [value, field]), [['image:x', undefined], ['!', undefined], ['constructor:1', undefined]]);
	t.deepEqual(parseQuery('IMAGE:"A b', containerFields), [{field: 'image', value: 'a b', isExact: false, isNot: false}]);
});

test('a word for one value finds it and nothing longer', t => {
	for (const name of ['shop', 'with space', 'a=b:c']) {
		const query = parseQuery(exactly('network', name), networkFields);
		t.truthy(findIn(network({name}), query, networkFields), name);
		t.is(findIn(network({name: `${name}2`}), query, networkFields), undefined);
	}
});

test('what matched outside of the shown texts is said', t => {
	const found = (filter: string) => findIn(web, parseQuery(filter, containerFields), containerFields)!;
	t.is(matchText(found('shop'), ['shop-web']), '');
	t.is(matchText(found('nginx'), ['shop-web', 'running']), 'image: nginx:alpine');
	t.is(matchText(found('web label:tier'), ['shop-web']), 'label: tier=the front');
	t.is(matchText(found('label:tier port:443 !redis'), []), 'label: tier=the front, port: 443/tcp');
	t.is(matchText([{field: 'label', value: 'x', text: 'x\u{1B}[2J'}], []), String.raw`label: x\x1b[2J`);
});
