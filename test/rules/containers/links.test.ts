import test from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import {
	assertLinkTargets,
	checkEndpointLinks,
	linkVariables,
	withoutLink,
} from '../../../source/rules/containers/links.js';
import {configuration} from '../../engine/resources.js';

test('a linked container is described by variables: its ports, those of TCP first, its name, and its own variables', t => {
	const target = {
		address: '10.0.0.5',
		exposedPorts: ['53/udp', '6379/tcp', '80/tcp'],
		process: {arguments: [], workingDirectory: '/', user: '', environment: ['PATH=/bin', 'HOME=/root', 'HOMES=2', 'A=b=c', 'broken']},
	};
	t.deepEqual(linkVariables({name: 'web'}, 'my-db.x', target), [
		'MY_DB.X_PORT=tcp://10.0.0.5:80',
		'MY_DB.X_PORT_80_TCP=tcp://10.0.0.5:80',
		'MY_DB.X_PORT_80_TCP_ADDR=10.0.0.5',
		'MY_DB.X_PORT_80_TCP_PORT=80',
		'MY_DB.X_PORT_80_TCP_PROTO=tcp',
		'MY_DB.X_PORT_6379_TCP=tcp://10.0.0.5:6379',
		'MY_DB.X_PORT_6379_TCP_ADDR=10.0.0.5',
		'MY_DB.X_PORT_6379_TCP_PORT=6379',
		'MY_DB.X_PORT_6379_TCP_PROTO=tcp',
		'MY_DB.X_PORT_53_UDP=udp://10.0.0.5:53',
		'MY_DB.X_PORT_53_UDP_ADDR=10.0.0.5',
		'MY_DB.X_PORT_53_UDP_PORT=53',
		'MY_DB.X_PORT_53_UDP_PROTO=udp',
		'MY_DB.X_NAME=/web/my-db.x',
		'MY_DB.X_ENV_HOMES=2',
		'MY_DB.X_ENV_A=b=c',
	]);
	t.deepEqual(linkVariables({name: 'web'}, 'db', {...target, exposedPorts: [], process: {...target.process, environment: []}}), ['DB_NAME=/web/db']);
});

test('a link is removed by its alias', t => {
	const linked = {name: 'web', configuration: configuration({links: ['db:one', 'db', 'one:two']})};
	t.deepEqual(withoutLink(linked, 'one'), ['db', 'one:two']);
	t.deepEqual(withoutLink(linked, 'db'), ['db:one', 'one:two']);
	t.throws(() => withoutLink(linked, 'x'), {code: 'not-found', message: /^container web has no link "x"/v});
});

test('targets of links must exist on the default network, and may come later on others', t => {
	const find = (reference: string) => {
		if (reference !== 'db') {
			throw new HolmError('not-found', `No such container: ${reference}`);
		}
	};

	const links = ['db:store', 'gone'];
	t.throws(() => {
		assertLinkTargets({links, networks: []}, find);
	}, {code: 'invalid', message: 'could not get container for gone: No such container: gone'});
	t.notThrows(() => {
		assertLinkTargets({links: ['db'], networks: []}, find);
		assertLinkTargets({links, networks: [{network: 'net', aliases: []}]}, find);
		checkEndpointLinks({links}, {isDefault: false});
		checkEndpointLinks({}, {isDefault: true});
	});
	for (const [given, isDefault] of [[['a b'], false], [['db'], true]] as const) {
		t.throws(() => {
			checkEndpointLinks({links: given}, {isDefault});
		}, {code: 'invalid'});
	}
});
