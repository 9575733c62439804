import {
	mkdtemp,
	readFile,
	rm,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import type {Attachment, Container} from '../../../source/engine/resources.js';
import {linksCommand, linksTo} from '../../../source/host/engine/links.js';
import {run} from '../../../source/host/run.js';
import {configuration} from '../../engine/resources.js';

const attachment = (address: string, networkId = 'net'): Attachment => ({
	network: networkId, networkId, endpointId: address, address, prefixLength: 24, gateway: '', mac: '', aliases: [],
});

const container = (id: string, name: string, attachments: readonly Attachment[], links: readonly string[] = []): Container => ({
	id,
	name,
	createdAt: 0,
	imageId: '',
	configuration: configuration({image: 'box', name, links}),
	process: {arguments: [], environment: [], workingDirectory: '/', user: ''},
	status: {state: 'created'},
	attachments,
	ports: [],
	exposedPorts: [],
	mounts: [],
	restartCount: 0,
});

test('a link leads to another container of the name at its new address', async t => {
	const linked = container('a1', 'web', [attachment('10.0.0.2')], ['db:data.base', 'other']);
	const links = linksTo(linked, container('c3', 'db', [attachment('10.9.0.9', 'far'), attachment('10.0.0.7')]));
	t.deepEqual(links, [{address: '10.0.0.7', names: ['data.base', 'db']}]);
	t.deepEqual(linksTo(linked, container('d4', 'stranger', [attachment('10.0.0.8')])), []);
	t.deepEqual(linksTo(linked, container('e5', 'db', [attachment('10.9.0.9', 'far')])), [], 'without a common network');

	const directory = await mkdtemp(path.join(tmpdir(), 'holm-links-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const file = path.join(directory, 'hosts');
	await writeFile(file, '127.0.0.1\tlocalhost\n10.0.0.3\tdata.base db\n10.0.0.4\tdataxbase db\n10.0.0.5\tother\n');
	await run('sh', ['-c', linksCommand(links).replace('/run/holm/files', () => directory)]);
	t.is(await readFile(file, 'utf8'), '127.0.0.1\tlocalhost\n10.0.0.4\tdataxbase db\n10.0.0.5\tother\n10.0.0.7\tdata.base db\n');
});
