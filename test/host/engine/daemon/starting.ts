import {once} from 'node:events';
import {
	mkdir,
	readdir,
	readFile,
	readlink,
	rename,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {get, type IncomingMessage} from 'node:http';
import path from 'node:path';
import process from 'node:process';
import {pathsOf} from '../../../../source/host/store/paths.js';
import {freePort} from '../../../api/helpers/free-port.js';
import {setTraps} from '../traps.js';
import type {World} from '../world.js';

/** Start and stop of the daemon. */
export const startingTests = (world: World): void => {
	world.test('the first command starts the daemon, and only one', async t => {
		await world.holm('run', '-d', '--name', 'stays', 'box', 'sleep', '600');
		t.regex(await world.holm('system', 'stop'), /stopped/v);
		t.not((await world.run(['system', 'status'])).status, 0);
		t.regex(await world.holm('system', 'stop'), /not running|stopped/v, 'stopping a stopped daemon is no error');

		const traps = await setTraps(world.directory);
		const options = {environment: {PATH: `${traps.directory}:${process.env.PATH}`, HTTPS_PROXY: 'http://127.0.0.1:9', SECRET: 'of the user', NODE_OPTIONS: '--no-deprecation'}};
		const several = await Promise.all([['ps', '-q', '--no-trunc'], ['ps', '-q', '--no-trunc'], ['network', 'ls', '-q'], ['system', 'start']].map(async arguments_ => world.run(arguments_, options)));
		t.deepEqual(several.map(({status, stderr}) => ({status, stderr})), several.map(() => ({status: 0, stderr: ''})));
		t.is(several[0]!.stdout, several[1]!.stdout);
		t.is(several[2]!.stdout, 'bridge\n');
		t.is((await world.traces()).processes.filter(line => line.startsWith('node')).length, 2, 'the daemon and the name server');
		t.is((await world.run(['system', 'status'])).status, 0);
		t.is(await world.holm('exec', 'stays', 'echo', 'still here'), 'still here');
		await world.remove('stays');

		// The daemon inherits neither the user's PATH nor the environment.
		await mkdir(path.join(world.directory, 'shared'));
		const mounted = await world.run(['run', '--rm', '-v', `${world.directory}/shared:/shared`, 'box', 'true'], options);
		t.is(mounted.status, 0, mounted.stderr);
		t.deepEqual(await traps.sprung(), []);
		const {pid} = JSON.parse(await readFile(pathsOf(world.root).daemonPid, 'utf8')) as {readonly pid: number};
		const inherited = await readFile(`/proc/${pid}/environ`, 'utf8');
		const names = inherited.split('\0').map(variable => variable.split('=', 1)[0]!).filter(name => name !== '' && !name.startsWith('NODE_CHANNEL'));
		t.deepEqual(names.toSorted(), ['HTTPS_PROXY', 'LANG', 'PATH']);
		t.false(inherited.includes(traps.directory));
	});

	world.test('broken records are set aside, and files without a record are removed', async t => {
		const {containers} = pathsOf(world.root);
		const [whole, broken] = [await world.holm('create', '--name', 'whole', 'box'), await world.holm('create', '--name', 'broken', 'box')];
		await world.holm('system', 'stop');
		const unrecorded = 'f'.repeat(64);
		await mkdir(path.join(containers, unrecorded));
		await writeFile(path.join(containers, unrecorded, 'disk.qcow2'), '');
		await writeFile(path.join(containers, broken, 'record.json'), '{"version": 1, "val');
		t.is(await world.holm('ps', '-a', '--format', '{{.Names}}'), 'whole');
		t.regex(await world.holm('system', 'logs'), /record\.json\.corrupt cannot be used: it is not JSON/v);
		t.deepEqual((await readdir(containers)).toSorted(), [whole, broken].toSorted());
		t.true((await readdir(path.join(containers, broken))).includes('disk.qcow2'), 'the other files stay');
		await rm(path.join(containers, broken), {recursive: true});
		await world.holm('rm', 'whole');
	});

	world.test('a command that comes while a daemon ends starts the next one', async t => {
		await world.holm('system', 'stop');
		const {daemonLock, daemonLog} = pathsOf(world.root);
		const ending = world.start('flock', ['--no-fork', daemonLock, 'cat'], {open: true});
		ending.write('held\n');
		await ending.shows(/held/v);
		const command = world.launch(['ps', '-q']);
		const status = `/proc/${command.pid}`;
		// It has seen that the lock is held.
		await world.until(async () => {
			const files = await readdir(`${status}/fd`);
			const open = await Promise.all(files.map(async name => readlink(`${status}/fd/${name}`).catch(() => '')));
			return open.includes(daemonLog) && await readFile(`${status}/task/${command.pid}/children`, 'utf8') === '';
		}, Boolean);
		ending.end();
		t.like(await command.ended, {status: 0, stdout: ''});
	});

	world.test('a file that cannot be read is not treated as missing', async t => {
		const {containers, volume, boot, key} = pathsOf(world.root);
		const id = await world.holm('create', '--name', 'unread', '-v', 'kept:/data/seed', 'box');
		const [directory, files] = [path.join(containers, id), volume('kept')];
		t.is(await readFile(path.join(files, '_data/first'), 'utf8'), 'from the image\n');
		await writeFile(path.join(files, '_data/first'), 'of the user\n');
		await world.holm('system', 'stop');
		await rename(path.join(directory, 'record.json'), path.join(world.directory, 'aside'));
		// Reading it fails with EIO.
		await symlink('/proc/self/mem', path.join(directory, 'record.json'));
		t.regex((await world.run(['ps'])).stderr, /^Error: cannot read .*record\.json: the disk reported an error \(check/v);
		t.true((await readdir(directory)).includes('disk.qcow2'));
		const stray = world.start('sleep', ['600'], {environment: {HOLM_PROCESS_OF: path.join(world.root, 'machines/stray')}});
		const ending = await world.run(['system', 'stop', '--all']);
		t.regex(ending.stderr, /cannot read .*; ended without it: sleep, process \d+, of machines\/stray/v);
		await stray.ended;
		await rename(path.join(world.directory, 'aside'), path.join(directory, 'record.json'));
		for (const file of [boot, key]) {
			await rename(file, path.join(world.directory, 'aside'));
			await symlink('/proc/self/mem', file);
			t.regex((await world.run(['ps'])).stderr, new RegExp(`^Error: cannot read ${file}: the disk reported an error`, 'v'));
			t.is(await readlink(file), '/proc/self/mem', 'it is not overwritten');
			await rename(path.join(world.directory, 'aside'), file);
		}

		await world.holm('system', 'start');

		await writeFile(path.join(files, 'record.json'), '{"version": 1, "val');
		t.regex((await world.run(['create', '-v', 'kept:/data/seed', 'box'])).stderr, /record of volume kept cannot be used/v);
		await world.holm('rm', await world.holm('create', '-v', 'kept:/data/seed', 'box'));
		t.is(await readFile(path.join(files, '_data/first'), 'utf8'), 'of the user\n', 'only a new volume gets the image\'s files');
		await world.holm('rm', 'unread');
		await world.holm('volume', 'rm', 'kept');
	});

	world.test('stopping the daemon leaves containers running', async t => {
		await world.holm('run', '-d', '--name', 'kept', 'box', 'sleep', '600');
		const isSleeping = async () => (await world.engine.top('kept')).processes.some(fields => fields.includes('sleep 604'));
		const shell = world.terminal(['exec', '-it', 'kept', 'sh']);
		shell.write('sleep 604\r');
		await shell.shows(/sleep 604\r\n/v);
		await world.until(isSleeping, Boolean);
		await world.holm('system', 'stop');
		await shell.ended;
		const {processes} = await world.traces();
		t.true(processes.some(line => line.startsWith('qemu')));
		const port = await freePort();
		const address = `tcp://127.0.0.1:${port}`;
		const started = await world.run(['system', 'start', '--host', address, '--insecure-tcp', '--allow-host', 'lab.example.org']);
		t.is(started.status, 0, started.stderr);
		t.regex(started.stderr, /^WARNING: tcp:.*root on this host\n$/v);
		t.is(await world.holm('--host', address, 'ps', '--format', '{{.Names}}'), 'kept');
		const statusFor = async (headers: Readonly<Record<string, string>>) => {
			const [response] = await once(get({port, path: '/_ping', headers, agent: false}), 'response') as [IncomingMessage];
			return response.resume().statusCode;
		};

		t.is(await statusFor({Host: 'lab.example.org'}), 200);
		t.is(await statusFor({Host: 'evil.example'}), 403);
		t.is(await statusFor({Host: 'lab.example.org', Origin: 'https://lab.example.org'}), 403);
		t.is((await world.engine.container('kept')).status.state, 'running');
		await world.until(isSleeping, found => !found);
		const log = await world.holm('system', 'logs');
		t.regex(log, /serving .*holm\.sock/v);
		t.regex(log, /warning: tcp:.*root on this host/v);
		t.is(log, (await readFile(`${world.root}/daemon.log`, 'utf8')).trimEnd());
		await world.remove('kept');
	});
};
