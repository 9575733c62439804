import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {findCommand} from '../../../source/host/setup/programs.js';
import {run} from '../../../source/host/run.js';
import {passedDescriptors} from '../../../source/host/service/passed-sockets.js';
import {quoteUnitWord, serviceText, socketText} from '../../../source/host/service/units.js';

const analyze = await findCommand('systemd-analyze');
const onSystemd = analyze === undefined ? test.skip : test;

const options = {
	flock: '/usr/bin/flock', node: process.execPath, daemon: '/usr/lib/node_modules/holm/dist/source/host/daemon.js', root: '/var/lib/holm', lock: '/var/lib/holm/daemon.lock',
} as const;

test('the service leaves containers alone and is started again when it fails', t => {
	const text = serviceText({...options, node: '/usr/bin/node'});
	const lines = new Set(text.split('\n'));
	t.true(lines.has('ExecStart=/usr/bin/flock --timeout=30 --conflict-exit-code=75 --no-fork /var/lib/holm/daemon.lock /usr/bin/node /usr/lib/node_modules/holm/dist/source/host/daemon.js /var/lib/holm'));
	for (const line of ['KillMode=process', 'OOMPolicy=continue', 'TasksMax=infinity', 'Restart=on-failure', 'Type=exec', 'WantedBy=multi-user.target']) {
		t.true(lines.has(line), line);
	}

	// With `Requires=` the daemon would end when its socket is closed, before it has ended the containers.
	t.notRegex(text, /^Requires=/mv);
});

test('the socket is for root and the group', t => {
	const lines = new Set(socketText().split('\n'));
	for (const line of ['ListenStream=/run/holm/holm.sock', 'SocketUser=root', 'SocketGroup=holm', 'SocketMode=0660', 'RemoveOnStop=yes', 'WantedBy=sockets.target']) {
		t.true(lines.has(line), line);
	}
});

test('words of a unit are quoted as systemd reads them', t => {
	t.is(quoteUnitWord('/usr/bin/node'), '/usr/bin/node');
	t.is(quoteUnitWord('/opt/my node/100%'), '"/opt/my node/100%%"');
	t.is(quoteUnitWord(String.raw`/a"b\c`), String.raw`"/a\"b\\c"`);
	t.is(quoteUnitWord('/a\nExecStart=/b'), String.raw`"/a\nExecStart=/b"`);
	t.regex(serviceText({...options, node: '/opt/$HOME/node'}), /"\/opt\/\$\$HOME\/node"/v);
});

onSystemd(`systemd-analyze finds no fault in the units${analyze === undefined ? ' (it is not installed)' : ''}`, async t => {
	const directory = await mkdtemp('/tmp/holm-units-');
	try {
		const files = ['holm.service', 'holm.socket'].map(name => path.join(directory, name));
		// Programs that are not there would be a fault.
		await writeFile(files[0]!, serviceText({...options, daemon: '/opt/a name/daemon.js'}));
		await writeFile(files[1]!, socketText());
		const {exitCode, stderr} = await run(analyze!, ['verify', '--man=no', ...files], {accept: [0, 1]});
		t.deepEqual({exitCode, faults: stderr.split('\n').filter(line => line.includes('holm'))}, {exitCode: 0, faults: []});
	} finally {
		await rm(directory, {recursive: true});
	}
});

test('descriptors are taken by the process that they were passed to', t => {
	t.deepEqual(passedDescriptors({LISTEN_PID: '12', LISTEN_FDS: '2'}, 12), [3, 4]);
	t.deepEqual(passedDescriptors({LISTEN_PID: '12', LISTEN_FDS: '2'}, 13), []);
	t.deepEqual(passedDescriptors({}, 13), []);
	t.deepEqual(passedDescriptors({LISTEN_PID: '12', LISTEN_FDS: '1e9'}, 12), []);
});
