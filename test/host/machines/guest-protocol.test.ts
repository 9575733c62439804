import {
	mkdtemp,
	readFile,
	rm,
	stat,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {encodeArchive} from '../../../source/host/kernel/cpio.js';
import {encodeMessage, linkLine, type NetworkDevice} from '../../../source/host/machines/guest-protocol.js';
import {findCommand} from '../../../source/host/setup/programs.js';
import {run} from '../../../source/host/run.js';

const busybox = await findCommand('busybox');

const device: NetworkDevice = {
	endpointId: 'e', tap: 'tap-e', name: 'eth0', mac: '02:42:c0:a8:40:02', address: '192.168.64.2', prefixLength: 24, gateway: '192.168.64.1',
};

test('a device is one line for the guest', t => {
	t.is(linkLine(device), 'link eth0 02:42:c0:a8:40:02 192.168.64.2 255.255.255.0 192.168.64.1\n');
	t.is(linkLine({...device, prefixLength: 0, gateway: undefined}), 'link eth0 02:42:c0:a8:40:02 192.168.64.2 0.0.0.0 -\n');
	t.regex(linkLine({...device, prefixLength: 30}), / 255\.255\.255\.252 /v);
	t.regex(linkLine({...device, prefixLength: 9}), / 255\.128\.0\.0 /v);
	t.regex(linkLine({...device, prefixLength: 32}), / 255\.255\.255\.255 /v);
});

test('the guest gets its files, its clock and its entropy before anything of the container', t => {
	const before = Date.now() / 1000;
	const start = {hostname: 'box', files: {'a/b': Buffer.from('content')}, process: {terminal: true, stdin: false}};
	const text = Buffer.from(encodeMessage(start, [device, {...device, name: 'eth1'}], [{source: '/x', readOnly: true}])).toString('latin1');
	t.true(text.startsWith('070701'));
	const lines = text.slice(text.indexOf('TRAILER!!!')).replace(/^TRAILER!!!\0+/v, '').split('\n');
	t.regex(lines[0]!, /^clock \d+\.\d{6}$/v);
	t.true(Math.abs(Number(lines[0]!.slice(6)) - before) < 60);
	t.deepEqual(lines.slice(1), ['seed', 'host box', 'disk', `first ${linkLine(device).trim()}`, linkLine({...device, name: 'eth1'}).trim(), 'phase network', 'shares', 'run yes no', '']);
	const helper = Buffer.from(encodeMessage({hostname: 'box', files: {}}, [], [])).toString('latin1');
	t.true(helper.endsWith('disk\nphase network\nserve\n'));
});

(busybox ? test : test.skip)(`files arrive as they were sent${busybox ? '' : ' (needs busybox)'}`, async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-archive-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const files = {
		empty: Buffer.alloc(0), 'deep/er/three': Buffer.from('abc'), 'deep/binary': Buffer.from(Array.from({length: 1025}, (_, index) => index % 256)), 'four ': Buffer.from('abcd'),
	};
	// The rest is not part of the archive.
	const {stdout} = await run('sh', ['-c', '"$0" cpio -i -d -m 2>/dev/null; cat', busybox!], {cwd: directory, input: Buffer.concat([encodeArchive(files), Buffer.from('next\n')])});
	t.is(stdout, 'next\n');
	for (const [name, content] of Object.entries(files)) {
		const file = path.join(directory, name);
		t.deepEqual(await readFile(file), content, name);
		const {mtimeMs} = await stat(file);
		t.true(Math.abs(mtimeMs - Date.now()) < 60_000, name);
	}
});
