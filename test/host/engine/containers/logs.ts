import {Buffer} from 'node:buffer';
import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {machineFiles} from '../../../../source/host/machines/qemu.js';
import {pathsOf} from '../../../../source/host/store/paths.js';
import type {World} from '../world.js';

/** Logs of containers. */
export const logTests = (world: World): void => {
	const logFiles = async (id: string) => {
		const {log} = pathsOf(world.root).container(id);
		const names = await readdir(path.dirname(log));
		const sizes = await Promise.all(names.filter(name => name.startsWith('log')).map(async name => {
			// A rotation may have renamed it by now.
			const status = await stat(path.join(path.dirname(log), name)).catch(() => undefined);
			return status?.size ?? 0;
		}));
		return sizes.filter(size => size > 0);
	};

	world.test('logs: streams, order, tail, times, long lines, binary data', async t => {
		const script = String.raw`echo one; echo two >&2; usleep 20000; head -c 100000 /dev/zero | tr '\0' x; echo; printf '\377\300\n'; sleep 1.2; echo five; printf 'no end'`;
		const id = await world.holm('run', '-d', '--name', 'writer', 'box', 'sh', '-c', script);
		const following = world.launch(['logs', '-f', 'writer']);
		await world.holm('wait', 'writer');
		const expected = Buffer.concat([Buffer.from(`one\n${'x'.repeat(100_000)}\n`), Buffer.of(0xFF, 0xC0, 10), Buffer.from('five\nno end')]);

		const all = await world.run(['logs', 'writer']);
		t.deepEqual(Buffer.from(all.bytes), expected);
		t.is(all.stderr, 'two\n');
		t.deepEqual(Buffer.from((await following.ended).bytes), expected, 'followed to its end');

		t.is(await world.holm('logs', '--tail', '2', 'writer'), 'five\nno end');
		t.is((await world.run(['logs', '--tail', '0', 'writer'])).stdout, '');
		t.is((await world.run(['logs', '-n', '4', 'writer'])).stdout.length, 100_000 + 1 + 3 + 5 + 6, 'four lines, one of them long, two bytes shown as one character each');

		const stamped = (await world.run(['logs', '-t', 'writer'])).stdout.split('\n');
		const times = stamped.map(line => /^(?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) /v.exec(line)?.groups!.time ?? '');
		t.is(times.length, 5);
		t.false(times.includes(''), 'each line has one time');
		t.deepEqual(times, times.toSorted());
		t.true(Math.abs(Date.parse(times[0]!) - Date.now()) < 60_000, 'of this clock');

		const {status} = await world.engine.container('writer');
		t.true(status.state === 'exited' && status.startedAt <= Date.parse(times[0]!), 'no line is earlier than the start');

		const middle = new Date(Date.parse(times[3]!) - 600).toISOString();
		t.is(await world.holm('logs', '--since', middle, 'writer'), 'five\nno end');
		t.regex((await world.run(['logs', '--until', middle, 'writer'])).stdout, /^one\nx+\n[^\n]+\n$/v);
		t.is(await world.holm('logs', '--since', '1h', '--tail', '1', 'writer'), 'no end');

		await world.holm('rm', 'writer');
		t.regex((await world.run(['logs', 'writer'])).stderr, /^Error: .*writer.*\n$/v);
		t.false((await world.traces()).containers.includes(id));
	});

	world.test('logs -f: follows while the container runs, and ends with it', async t => {
		await world.holm('run', '-d', '--name', 'counter', 'box', 'sh', '-c', 'trap "echo last; exit 0" TERM; i=0; while :; do echo $i; i=$((i + 1)); sleep 0.02; done');
		const following = world.launch(['logs', '-f', '--tail', '1', 'counter']);
		await following.shows(/(?:\d{1,6}\n){20}/v);
		await world.holm('stop', 'counter');
		const {stdout, status} = await following.ended;
		t.is(status, 0);
		const lines = stdout.trim().split('\n');
		t.is(lines.pop(), 'last');
		const first = Number(lines[0]);
		t.deepEqual(lines, lines.map((_, index) => String(first + index)), 'every number once');
		await world.holm('start', 'counter');
		await world.written('counter', /last\n0\n/v);
		await world.remove('counter');
	});

	world.test('logs: bounded on the disk, also while no engine runs', async t => {
		const id = await world.holm('run', '-d', '--name', 'flood', 'box', 'sh', '-c', 'yes "$(seq -s " " 200)" | head -c 32000000; echo; echo finished');
		const {log, machine} = pathsOf(world.root).container(id);
		const {pid} = JSON.parse(await readFile(pathsOf(world.root).daemonPid, 'utf8')) as {readonly pid: number};
		process.kill(pid, 'SIGKILL');
		await world.until(async () => {
			const sizes = await logFiles(id);
			// Rotation is later on a busy host.
			t.true(Math.max(0, ...sizes) < 20_000_000, `${sizes.join(', ')} bytes`);
			t.true(sizes.length <= 4, `${sizes.length} files`);
			return readFile(machineFiles(machine).status, 'utf8');
		}, status => status.includes('exited'), 80_000);
		t.true(await stat(`${log}.2`).then(() => true, () => false));
		await world.until(async () => world.run(['ps']), ({status}) => status === 0);
		t.is(await world.holm('logs', '--tail', '1', 'flood'), 'finished');
		const whole = await world.run(['logs', 'flood']);
		t.true(whole.bytes.length > 10_000_000);
		t.true(whole.stdout.endsWith('\nfinished\n'));
		await world.holm('rm', 'flood');
	});
};
