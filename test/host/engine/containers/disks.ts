import {execFileSync} from 'node:child_process';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {World} from '../world.js';

/** `diff` and `export` of a real disk. */
export const diskTests = (world: World): void => {
	const at = (name: string) => path.join(world.directory, name);

	world.test('diff: changes that keep size and time, links, binary names', async t => {
		await world.holm('run', '-d', '--name', 'disk', 'box', 'sleep', '1000');
		await world.holm('exec', 'disk', 'sh', '-c', [
			// The same size and modification time as before.
			'cp -p /data/seed/first /tmp/reference; sed -i "s/from/mrof/" /data/seed/first; touch -r /tmp/reference /data/seed/first; rm /tmp/reference',
			'ln /not-executable /linked; rm /linked',
			'mkdir /special; mknod /special/null c 1 3; mkfifo /special/pipe; ln /bin/busybox /special/box; chown 7:8 /special/pipe; chmod 4711 /special/null',
			String.raw`echo x > /special/"$(printf '\377\033]0;x\007')"`,
			'mv /home/ada /home/eve',
		].join('; '));
		const expected = [
			'C /bin', 'C /bin/busybox', 'C /data', 'C /data/seed', 'C /data/seed/first', 'C /home', 'D /home/ada', 'A /home/eve', 'C /not-executable',
			'A /special', 'A /special/box', 'A /special/null', 'A /special/pipe', String.raw`A /special/` + '\u{FFFD}' + String.raw`\x1b]0;x\x07`,
		];
		const lines = async () => (await world.holm('diff', 'disk')).split('\n');
		t.deepEqual(await lines(), expected);
		await world.holm('system', 'stop');
		t.deepEqual(await lines(), expected, 'to a later daemon too');

		await world.holm('pause', 'disk');
		for (const verb of ['diff', 'export']) {
			const refused = await world.run([verb, 'disk']);
			t.is(refused.status, 1);
			t.regex(refused.stderr, /^Error: container disk is paused \(holm unpause disk\)\n$/v);
		}

		await world.holm('unpause', 'disk');
		const list = async () => {
			await world.holm('export', '-o', at('disk.tar'), 'disk');
			return execFileSync('tar', ['-tvf', at('disk.tar'), '--numeric-owner', '--quoting-style=escape'], {encoding: 'utf8'});
		};

		const running = await list();
		t.regex(running, /^crws--x--x 0\/0 +1,3 .* special\/null$/mv);
		t.regex(running, /^prw-r--r-- 7\/8 +0 .* special\/pipe$/mv);
		t.regex(running, /^h.* (?:special\/box link to bin\/busybox|bin\/busybox link to special\/box)$/mv);
		t.regex(running, /^-.* special\/\\377\\033\]0;x\\a$/mv);
		t.regex(running, /^d.* proc\/$/mv);
		await world.holm('stop', '-t', '0', 'disk');
		t.deepEqual((await list()).split('\n').toSorted(), running.split('\n').toSorted());
		await mkdir(at('unpacked'));
		execFileSync('tar', ['-xf', at('disk.tar'), '-C', at('unpacked')]);
		t.is(await readFile(at('unpacked/data/seed/first'), 'utf8'), 'mrof the image\n');
		await rm(at('unpacked'), {recursive: true});
		await world.holm('start', 'disk');
		await world.remove('disk');
	});

	world.test('export: not to a terminal, and an interrupted export keeps an existing file', async t => {
		const terminal = world.terminal(['export', 'nobody']);
		t.regex((await terminal.ended).stdout, /an archive is not for a terminal \(name a file with -o/v);
		await writeFile(at('kept.tar'), 'kept');
		await world.holm('run', '-d', '--name', 'broken', 'box', 'sh', '-c', 'head -c 100000000 /dev/urandom > /large; echo ready; sleep 1000');
		await world.written('broken', /ready/v);
		const exporting = world.launch(['export', '-o', at('kept.tar'), 'broken']);
		await world.until(async () => world.run(['exec', 'broken', 'true']), ({status}) => status === 0);
		await world.holm('kill', 'broken');
		const {status, stderr} = await exporting.ended;
		t.is(status, 1);
		t.regex(stderr, /^Error: [^\n]+\n$/v);
		t.is(await readFile(at('kept.tar'), 'utf8'), 'kept');
		await world.holm('rm', 'broken');
		const {containers, machines} = await world.traces();
		t.deepEqual({containers, machines}, {containers: [], machines: []});
	});
};
