import {execFileSync} from 'node:child_process';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {get} from '../fetch.js';
import type {World} from '../world.js';
import {createClient} from './client.js';

/** The life of containers with Docker's client. */
export const lifeTests = (world: World): void => {
	world.test('docker: the engine says what it is', async t => {
		const {docker} = createClient(world);
		t.regex(await docker('version'), /Server:[\s\S]*API version: +\d+\.\d+/v);
		t.is(await docker('info', '--format', '{{.Containers}} {{.OSType}}'), '0 linux');
		t.regex(await docker('system', 'df'), /^Images +1 /mv);
	});

	world.test('docker: run in the foreground and in the background, with variables, volumes and ports', async t => {
		const {docker, run} = createClient(world);
		t.like(await run(['run', '--rm', '-i', '-e', 'COLOUR=blue', 'box', 'sh', '-c', 'echo $COLOUR $GREETING; cat; echo err >&2; exit 7'], {input: 'through\n'}), {
			status: 7, stdout: 'blue image\nthrough\n', stderr: 'err\n',
		});

		const shared = path.join(world.directory, 'shared');
		await mkdir(shared);
		await writeFile(path.join(shared, 'page'), 'from the host\n');
		t.is(await docker('volume', 'create', 'kept'), 'kept');
		const id = await docker('run', '-d', '--name', 'server', '-p', '127.0.0.1::80', '-v', `${shared}:/www:ro`, '-v', 'kept:/kept', '--label', 'part=server', 'box', 'httpd', '-f', '-h', '/www');
		t.regex(id, /^[\da-f]{64}$/v);
		const published = await docker('port', 'server', '80');
		t.regex(published, /^127\.0\.0\.1:\d+$/v);
		await world.until(async () => get(`http://${published}/page`).catch(() => ''), body => body === 'from the host\n');
		t.is(await docker('exec', 'server', 'sh', '-c', 'echo word >/kept/file; ! touch /www/new 2>&1'), 'touch: /www/new: Read-only file system');
		t.is(await docker('run', '--rm', '-v', 'kept:/kept', 'box', 'cat', '/kept/file'), 'word');

		t.is(await docker('ps', '--filter', 'label=part=server', '--format', '{{.Names}} {{.Image}} {{.State}} {{.Ports}}'), `server box running ${published}->80/tcp`);
		t.is(await docker('ps', '-q', '--filter', 'status=exited'), '');
		t.is(await docker('inspect', '--format', '{{.State.Status}} {{.Config.Image}} {{len .Mounts}}', 'server'), 'running box 2');
		t.regex(await docker('top', 'server'), /httpd -f -h \/www/v);
		t.regex(await docker('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}} {{.PIDs}}', 'server'), /^server [\d.]+MiB \/ 512MiB \d+$/v);

		await docker('pause', 'server');
		t.regex(await docker('ps', '--format', '{{.Status}}'), /^Up .* \(Paused\)$/v);
		await docker('unpause', 'server');
		await docker('rename', 'server', 'renamed');
		await docker('restart', '-t', '0', 'renamed');
		t.is(await docker('ps', '--format', '{{.Names}} {{.State}}'), 'renamed running');
		const waiting = run(['wait', 'renamed']);
		await docker('kill', 'renamed');
		t.like(await waiting, {status: 0, stdout: '137\n'});
		t.is(await docker('rm', 'renamed'), 'renamed');
		t.is(await docker('volume', 'ls', '-q'), 'kept');
		t.is(await docker('volume', 'inspect', '--format', '{{.Name}} {{.Driver}}', 'kept'), 'kept local');
		t.is(await docker('volume', 'rm', 'kept'), 'kept');
	});

	world.test('docker: what a container changed, its copies both ways, and its export', async t => {
		const {docker, run} = createClient(world);
		await docker('run', '-d', '--name', 'files', '--restart', 'on-failure:2', 'box', 'sleep', '600');
		const file = path.join(world.directory, 'copied');
		await writeFile(file, 'copied in\n');
		await docker('cp', file, 'files:/data/in');
		t.is(await docker('exec', 'files', 'cat', '/data/in'), 'copied in');
		t.is((await docker('exec', '-t', 'files', 'cat', '/data/in')).trim(), 'copied in', 'without -i the client closes its half at once');
		await docker('cp', 'files:/data/seed', path.join(world.directory, 'seed'));
		t.is(await readFile(path.join(world.directory, 'seed/first'), 'utf8'), 'from the image\n');
		t.is(await docker('diff', 'files'), 'C /data\nA /data/in');
		const archive = path.join(world.directory, 'export.tar');
		await docker('export', '-o', archive, 'files');
		t.is(execFileSync('tar', ['-xOf', archive, 'data/in'], {encoding: 'utf8'}), 'copied in\n');
		t.is(await docker('update', '--restart', 'no', 'files'), 'files');
		t.is(await docker('inspect', '--format', '{{.HostConfig.RestartPolicy.Name}}', 'files'), 'no');
		t.like(await run(['rm', 'files']), {status: 1});
		await docker('rm', '-f', 'files');
	});
};
