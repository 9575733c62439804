import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {World} from '../world.js';

/** `exec` and its flags. */
export const execTests = (world: World): void => {
	world.test('exec: streams, exit codes and every flag', async t => {
		const file = path.join(world.directory, 'exec.env');
		await writeFile(file, '# a comment\nFROM_FILE=yes\nHANDED_ON\n');
		await world.holm('run', '-d', '--name', 'site', '-e', 'OF_CONTAINER=kept', '-w', '/data', 'box', 'sleep', '600');
		const exec = async (...rest: readonly string[]) => world.run(['exec', ...rest], {environment: {HANDED_ON: 'from here'}});

		t.like(await exec('site', 'sh', '-c', 'echo out; echo err >&2; exit 12'), {status: 12, stdout: 'out\n', stderr: 'err\n'});
		t.is((await exec('site', 'pwd')).stdout, '/data\n');
		t.is((await exec('-w', '/etc', 'site', 'pwd')).stdout, '/etc\n');
		t.is((await exec('-e', 'GREETING=exec', '-e', 'HANDED_ON', 'site', 'sh', '-c', 'echo $GREETING $HANDED_ON $OF_CONTAINER')).stdout, 'exec from here kept\n');
		t.is((await exec('--env-file', file, 'site', 'sh', '-c', 'echo $FROM_FILE $HANDED_ON')).stdout, 'yes from here\n');
		t.is((await exec('-u', 'ada', 'site', 'id')).stdout, 'uid=1000(ada) gid=1000(ada) groups=50(staff),1000(ada)\n');
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

	world.test('exec: what cannot be run is told apart, in the exit code and in one line', async t => {
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

		await world.holm('rm', '-f', 'site');
		t.regex((await world.run(['exec', 'site', 'true'])).stderr, /^Error: .*site.*\n$/v);
	});

	world.test('exec ends with its container', async t => {
		await world.holm('run', '-d', '--name', 'short', 'box', 'sleep', '600');
		const running = world.launch(['exec', 'short', 'sh', '-c', 'echo up; sleep 603']);
		await running.shows(/up\n/v);
		await world.holm('kill', 'short');
		t.is((await running.ended).status, 137);
		await world.holm('rm', 'short');
	});
};
