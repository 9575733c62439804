import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {pathsOf} from '../../../../source/host/store/paths.js';
import type {World} from '../world.js';

/** `exec` and its flags. */
export const execTests = (world: World): void => {
	world.test('exec: streams, exit codes and every flag', async t => {
		const file = path.join(world.directory, 'exec.env');
		await writeFile(file, '# a comment\nFROM_FILE=yes\nHANDED_ON\n');
		await world.holm('run', '-d', '--name', 'site', '-e', 'OF_CONTAINER=kept', '-w', '/data', '--init', '--pids-limit', '200', '--health-cmd', '. /tmp/check', '--health-interval', '2s', '--health-timeout', '2s', 'box', 'sleep', '600');
		const exec = async (...rest: readonly string[]) => world.run(['exec', ...rest], {environment: {HANDED_ON: 'from here'}});

		t.like(await exec('site', 'sh', '-c', 'echo out; echo err >&2; exit 12'), {status: 12, stdout: 'out\n', stderr: 'err\n'});
		t.is((await exec('site', 'pwd')).stdout, '/data\n');
		t.is((await exec('-w', '/etc', 'site', 'pwd')).stdout, '/etc\n');
		t.is((await exec('-e', 'GREETING=exec', '-e', 'HANDED_ON', 'site', 'sh', '-c', 'echo $GREETING $HANDED_ON $OF_CONTAINER')).stdout, 'exec from here kept\n');
		t.is((await exec('site', 'sh', '-c', 'test "$HOSTNAME" = "$(hostname)"')).status, 0);
		t.is((await exec('-e', 'HOSTNAME=other', 'site', 'sh', '-c', 'echo $HOSTNAME')).stdout, 'other\n');
		t.is((await exec('--env-file', file, 'site', 'sh', '-c', 'echo $FROM_FILE $HANDED_ON')).stdout, 'yes from here\n');
		t.is((await exec('-u', 'ada', 'site', 'id')).stdout, 'uid=1000(ada) gid=1000(ada) groups=50(staff),1000(ada)\n');
		t.is((await exec('-u', '1000', 'site', 'id')).stdout, 'uid=1000(ada) gid=1000(ada) groups=50(staff),1000(ada)\n', 'a number has an account, too');
		t.is((await exec('-u', '4321', 'site', 'sh', '-c', 'id -u; id -g; echo $HOME')).stdout, '4321\n0\n/\n');
		t.is((await exec('-u', '1234:50', 'site', 'id')).stdout, 'uid=1234 gid=50(staff) groups=50(staff)\n');
		t.is((await exec('-u', 'ada', 'site', 'sh', '-c', 'echo $HOME')).stdout, '/home/ada\n');
		t.is((await exec('site', 'sh', '-c', 'echo "$*"', '-', 'quoted \'"$(id)"\' word', '*')).stdout, 'quoted \'"$(id)"\' word *\n');

		const capabilities = async (...flags: readonly string[]) => (await exec(...flags, 'site', 'grep', 'CapEff', '/proc/self/status')).stdout.split('\t')[1]!.trim();
		t.not(await capabilities(), await capabilities('--privileged'));

		const input = `${'x'.repeat(300_000)}\n`;
		const echoed = await world.run(['exec', '-i', 'site', 'cat'], {input});
		t.true(echoed.stdout === input, `${echoed.stdout.length} of ${input.length} bytes`);
		t.is((await world.run(['exec', 'site', 'cat'], {input: 'not meant for it'})).stdout, '', 'without -i there is no input');

		t.is((await exec('-d', 'site', 'sh', '-c', 'echo done >/tmp/done; sleep 602')).status, 0);
		await world.until(async () => exec('site', 'cat', '/tmp/done'), ({stdout}) => stdout === 'done\n');
		t.regex(await world.holm('top', 'site'), /sleep 602/v);
	});

	world.test('health checks that never end, print without end or fork without end have failed, and nothing of them is left', async t => {
		for (const [script, output] of [
			['sleep 7001', /^Health check exceeded timeout \(2s\)$/v],
			['yes 7001', /^Health check exceeded timeout \(2s\): 7001\n(?:7001\n)+.*\.\.\.$/v],
			['b() { b | b & }; b; sleep 7001', /^Health check exceeded timeout \(2s\)/v],
			['(sleep 7001 &); sleep 7001', /^Health check exceeded timeout \(2s\)$/v],
		] as const) {
			const since = Date.now();
			await world.holm('exec', 'site', 'sh', '-c', 'printf "rm /tmp/check\n%s\n" "$1" >/tmp/new; mv /tmp/new /tmp/check', '-', script);
			// A check that began before may read the script late.
			const late = async () => (await world.engine.container('site')).health?.log.find(({endedAt, exitCode}) => endedAt >= since && exitCode === -1);
			t.regex((await world.until(late, result => result !== undefined))!.output, output, script);
			const left = (await world.holm('exec', 'site', 'ps', '-o', 'args')).split('\n').filter(line => /7001|tmp\/check/v.test(line));
			// The next check may be running.
			t.deepEqual([...left.slice(1), ...left.filter(line => line.includes('7001'))], [], script);
		}
	});

	world.test('exec: a command that cannot run, with its exit code and one line', async t => {
		for (const [command, status, reason] of [
			[['no-such-program'], 127, /^.*no-such-program.*not found.*\n$/v],
			[['/nowhere/at-all'], 127, /^.*no such file or directory.*\n$/iv],
			[['/not-executable'], 126, /^.*permission denied.*\n$/iv],
			[['/etc'], 126, /^.*\n$/v],
		] as const) {
			const answer = await world.run(['exec', 'site', ...command]);
			t.is(answer.status, status, command[0]);
			t.regex(answer.stderr + answer.stdout, reason);
		}

		for (const flags of [['-u', 'nobody-here'], ['-u', '1:no-such-group'], ['-w', '/no/such/directory']]) {
			const answer = await world.run(['exec', ...flags, 'site', 'true']);
			t.true([125, 126, 127].includes(answer.status!), `${flags.join(' ')}: ${answer.status}`);
			t.regex(answer.stderr, /^[^\n]+\n$/v);
		}

		const running = world.launch(['exec', 'site', 'sh', '-c', 'echo up; sleep 603']);
		await running.shows(/up\n/v);
		await world.holm('kill', 'site');
		t.is((await running.ended).status, 137, 'it ends with its container');
		await world.holm('rm', 'site');
		t.regex((await world.run(['exec', 'site', 'true'])).stderr, /^Error: .*site.*\n$/v);
	});

	world.test('exec: an account file that blocks its reader blocks no exec, nor do clients that were cut off', async t => {
		await world.holm('run', '-d', '--name', 'crowded', 'box', 'sh', '-c', 'rm -f /etc/passwd; mkfifo /etc/passwd; sleep 600');
		await world.until(async () => world.run(['exec', '-e', 'HOME=/', 'crowded', 'test', '-p', '/etc/passwd']), ({status}) => status === 0);
		t.is(await world.holm('exec', 'crowded', 'sh', '-c', 'echo $HOME'), '/');
		const fill = world.launch(['exec', 'crowded', 'sh', '-c', 'for n in $(seq 20); do dd if=/dev/zero of=/file.$n bs=64k count=4 2>/dev/null; done']);
		t.is((await fill.ended).status, 0);
		const committed = new AbortController();
		const commit = world.holm('commit', 'crowded', 'crowded').finally(() => {
			committed.abort();
		});
		while (!committed.signal.aborted) {
			t.is(await world.holm('exec', 'crowded', 'echo', 'while it is committed'), 'while it is committed');
		}

		await commit;
		await world.holm('rmi', 'crowded');
		for (let count = 0; count < 6; count++) {
			const id = await world.engine.createExec('crowded', {
				command: ['cat'], terminal: false, stdin: true, environment: [], privileged: false,
			});
			const socket = net.connect(pathsOf(world.root).socket);
			socket.end(`POST /exec/${id}/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`);
			// Before its start it does not run either.
			await once(socket, 'data');
			socket.destroy();
			await world.until(async () => world.engine.exec(id).catch(() => undefined), exec => exec?.running === false);
		}

		t.notRegex(await world.holm('top', 'crowded'), /cat/v);
		const sleepers = await Promise.all(Array.from({length: 12}, async () => {
			const id = await world.engine.createExec('crowded', {
				command: ['sleep', '605'], terminal: false, stdin: false, environment: [], privileged: false,
			});
			return world.engine.startExec(id);
		}));
		t.regex((await world.run(['exec', 'crowded', 'true'])).stderr, /^Error: 12 commands run in the container already \(wait/v);
		t.regex(await world.holm('top', 'crowded'), /sleep 605/v, 'the engine has some for itself');
		for (const sleeper of sleepers) {
			sleeper.close();
		}

		await world.remove('crowded');
	});
};
