import {createHash} from 'node:crypto';
import {
	appendFile,
	chmod,
	mkdir,
	readdir,
	rm,
	statfs,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type {World} from '../world.js';
import {oneLine} from './check.js';

/** Hosts that lack rights, programs or disk space. */
export const hostTests = (world: World): void => {
	const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

	world.test('without root the engine is neither reached nor started', async t => {
		// If other users cannot read this checkout, they cannot run the command at all.
		const {status: readable} = await world.run(['--version'], {through: asNobody});
		if (readable !== 0) {
			t.log('not tried: other users cannot read this checkout');
			t.pass();
			return;
		}

		const running = await world.run(['ps'], {through: asNobody});
		t.is(running.status, 1);
		t.regex(running.stderr, oneLine);
		t.regex(running.stderr, /holm\.sock.*sudo/v);
		const root = path.join(world.directory, 'not-started');
		for (const command of [['ps'], ['run', 'box'], ['system', 'start']]) {
			const {status, stderr, stdout} = await world.run(command, {through: asNobody, environment: {HOLM_ROOT: root}});
			t.true(status === 1 || status === 125, stderr);
			t.regex(stderr, oneLine);
			t.regex(stderr, /root.*sudo/v);
			t.is(stdout, '');
		}

		await t.throwsAsync(readdir(root), {code: 'ENOENT'});
	});

	world.test('a daemon that cannot be started', async t => {
		const closed = path.join(world.directory, 'closed');
		await mkdir(closed);
		await chmod(closed, 0o700);
		const file = path.join(world.directory, 'a-file');
		await writeFile(file, '');
		for (const [root, reason] of [
			[path.join(world.directory, 'x'.repeat(120)), /too long/v],
			[path.join(closed, 'e'), /closed.*chmod o\+x/v],
			[file, /a-file/v],
		] as const) {
			const {status, stderr, stdout} = await world.run(['ps'], {environment: {HOLM_ROOT: root}});
			t.is(status, 1);
			t.regex(stderr, oneLine, root);
			t.regex(stderr, reason);
			t.is(stdout, '');
		}
	});

	world.test('a full disk: requests fail and leave nothing, and containers resume once there is space', async t => {
		t.timeout(300_000);
		await world.holm('run', '-d', '--name', 'before', 'box', 'sleep', '600');
		const writing = world.launch(['exec', '-i', 'before', 'sh', '-c', 'echo ready; read line; dd if=/dev/zero of=/large bs=1M count=40 && sync && md5sum /large'], {open: true, limitMs: 270_000});
		await writing.shows(/ready/v);
		const filler = path.join(world.root, 'filler');
		const fill = async () => {
			const {bavail, bsize} = await statfs(world.root);
			await appendFile(filler, Buffer.alloc(bavail * bsize)).catch(() => undefined);
		};

		await fill();
		const before = await world.traces();
		for (const command of [
			['create', '--name', 'refused', 'box'],
			['run', '-d', '--name', 'refused', 'box', 'sleep', '600'],
			['network', 'create', 'refused'],
			['volume', 'create', 'refused'],
			['import', path.join(world.directory, 'box.tar'), 'refused'],
			['rename', 'before', 'refused'],
		]) {
			// Fills space that the engine has freed meanwhile.
			await fill();
			const {status, stderr} = await world.run(command);
			t.true(status === 1 || status === 125, `${command.join(' ')}: ${status} ${stderr}`);
			t.regex(stderr, oneLine, command.join(' '));
			t.regex(stderr, /space|disk/v, command.join(' '));
		}

		t.deepEqual(await world.traces(), before);
		t.like((await world.engine.container('before')).status, {state: 'running'});

		// A container that writes is stalled until there is space.
		writing.write('go\n');
		await world.until(async () => world.run(['exec', 'before', 'true']), ({stderr}) => /^Error: container before is stalled: the host's disk is full \(free some space; it resumes by itself\)\n$/v.test(stderr), 100_000);
		t.true((await world.engine.info()).warnings.some(warning => warning.includes('before is stalled')));
		await rm(filler);
		t.like(await writing.ended, {status: 0, stdout: `ready\n${createHash('md5').update(Buffer.alloc(40 * 1024 ** 2)).digest('hex')}  /large\n`});
		t.is(await world.holm('run', '--rm', '--name', 'refused', 'box', 'echo', 'room again'), 'room again');
		await world.remove('before');
	});

	world.longTest('an engine that opens on a full disk loses nothing', async t => {
		await world.holm('run', '-d', '--name', 'whole', 'box', 'sleep', '600');
		await world.holm('create', '--name', 'rested', '-v', 'data:/data', 'box', 'cat', '/data/token');
		await writeFile(path.join(world.root, 'volumes/data/_data/token'), 'kept');
		const before = await world.engine.container('whole');
		const filler = path.join(world.root, 'filler');
		const fill = async () => {
			const {bavail, bsize} = await statfs(world.root);
			await appendFile(filler, Buffer.alloc(bavail * bsize)).catch(() => undefined);
		};

		await fill();
		await world.holm('system', 'stop');
		await fill();
		const {status, stderr} = await world.run(['system', 'start']);
		t.true(status === 0 || (oneLine.test(stderr) && /space|disk/v.test(stderr)), stderr);
		await rm(filler);
		await world.holm('system', 'start');
		t.deepEqual((await world.engine.container('whole')).status, before.status);
		t.is(await world.holm('start', '-a', 'rested'), 'kept');
		await world.remove('whole', 'rested');
		await world.holm('volume', 'rm', 'data');
	});
};
