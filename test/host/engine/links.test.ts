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
import {configuration, container} from '../../engine/resources.js';

const attachment = (address: string, networkId = 'net'): Attachment => ({
	network: networkId, networkId, endpointId: address, address, prefixLength: 24, gateway: '', mac: '', aliases: [],
});

const member = (id: string, name: string, attachments: readonly Attachment[], links: readonly string[] = []): Container =>
	container({id, name, attachments, configuration: configuration({name, links})});

test('a link leads to another container of the name at its new address', async t => {
	const linked = member('a1', 'web', [attachment('10.0.0.2')], ['db:data.base', 'other']);
	const links = linksTo(linked, member('c3', 'db', [attachment('10.9.0.9', 'far'), attachment('10.0.0.7')]));
	t.deepEqual(links, [{address: '10.0.0.7', names: ['data.base', 'db']}]);
	t.deepEqual(linksTo(linked, member('d4', 'stranger', [attachment('10.0.0.8')])), []);
	t.deepEqual(linksTo(linked, member('e5', 'db', [attachment('10.9.0.9', 'far')])), [], 'without a common network');

	const directory = await mkdtemp(path.join(tmpdir(), 'holm-links-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const file = path.join(directory, 'hosts');
	await writeFile(file, '127.0.0.1\tlocalhost\n10.0.0.3\tdata.base db\n10.0.0.4\tdataxbase db\n10.0.0.5\tother\n');
	await run('sh', ['-c', linksCommand(links).replace('/run/holm/files', () => directory)]);
	t.is(await readFile(file, 'utf8'), '127.0.0.1\tlocalhost\n10.0.0.4\tdataxbase db\n10.0.0.5\tother\n10.0.0.7\tdata.base db\n');
});
