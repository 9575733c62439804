import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {World} from '../world.js';

/** Flags for a VM of another size and kernel than the default. One for all tests, because each makes a template. */
const size = ({root}: Pick<World, 'root'>): readonly string[] => ['--cpus', '2', '-m', '256m', '--kernel', path.join(root, 'guest/vmlinuz')];

/** Flags of `run` for the process. */
export const processFlagTests = (world: World): void => {
	const run = async (...arguments_: readonly string[]) => {
		const {status, stdout, stderr} = await world.run(['run', '--rm', ...arguments_], {environment: {HANDED_ON: 'from here'}});
		return status === 0 ? stdout.trimEnd() : `${status} ${stderr}`;
	};

	/** Prints the effective capabilities. */
	const capabilities = String.raw`sed -n "s/^CapEff:\t//p" /proc/self/status`;

	world.test('-e and --env-file, over each other and the image', async t => {
		const file = path.join(world.directory, 'variables');
		await writeFile(file, '# comment\n\nFROM_FILE=of the file\nBOTH=file\nHANDED_ON\nNOT_SET_ANYWHERE\n');
		// eslint-disable-next-line no-template-curly-in-string -- the shell in the container fills it in
		const script = 'echo "$FROM_FILE|$BOTH|$HANDED_ON|${NOT_SET_ANYWHERE-unset}|$GREETING|$EMPTY|$HOSTNAME|$PATH|$HOME"';
		const [fromFile, both, handedOn, notSet, greeting, empty, hostname, search, home] = (await run('--env-file', file, '-e', 'BOTH=flag', '-e', 'EMPTY=', 'box', 'sh', '-c', script)).split('|');
		t.deepEqual({fromFile, both, handedOn, notSet, greeting, empty, search, home}, {
			fromFile: 'of the file', both: 'flag', handedOn: 'from here', notSet: 'unset', greeting: 'image', empty: '', search: '/bin', home: '/root',
		});
		t.regex(hostname!, /^[\da-f]{12}$/v);
	});

	world.test('-w, -u, --entrypoint and the command', async t => {
		const ada = await run('-w', '/data/seed', '-u', 'ada', 'box', 'sh', '-c', `pwd; id; echo $HOME; ${capabilities}`);
		t.is(ada, '/data/seed\nuid=1000(ada) gid=1000(ada) groups=50(staff),1000(ada)\n/home/ada\n0000000000000000');
		t.is(await run('-w', '/made/for/it', '-u', '4321', 'box', 'sh', '-c', 'pwd; id -u; echo $HOME'), '/made/for/it\n4321\n/', 'a missing directory is created');
		t.is(await run('-u', 'ada:staff', '--entrypoint', 'sh', 'box', '-c', 'id -g; echo "$0"', 'as arguments'), '50\nas arguments');
		t.regex(await run('--entrypoint', '', 'box'), /^125 error: .*command.*\n$/isv, 'an entrypoint of one\'s own drops the image\'s command');
	});

	world.test('--hostname, --add-host, --dns, --dns-search', async t => {
		await world.holm('network', 'create', 'net');
		const answer = await run('--network', 'net', '--hostname', 'islet', '--add-host', 'fixed.test:10.1.2.3', '--add-host', 'gate=host-gateway', '--dns', '192.0.2.53', '--dns-search', 'example.test', 'box', 'sh', '-c', 'hostname; cat /etc/hostname; echo $HOSTNAME; cat /etc/hosts; cat /etc/resolv.conf');
		const lines = answer.split('\n');
		t.deepEqual(lines.slice(0, 3), ['islet', 'islet', 'islet']);
		t.true(lines.includes('10.1.2.3\tfixed.test'));
		t.regex(answer, /^198\.1[89]\.\d+\.\d+\tgate$/mv);
		t.regex(answer, /^192\.168\.\d+\.\d+\tislet$/mv);
		t.regex(answer, /^nameserver 192\.168\.\d+\.1$/mv, 'the network\'s server, which forwards to that of the container');
		t.false(lines.includes('nameserver 192.0.2.53'));
		t.true(lines.includes('search example.test'));
		t.regex(await run('--dns', '192.0.2.53', 'box', 'cat', '/etc/resolv.conf'), /^nameserver 192\.0\.2\.53$/mv, 'where containers have no names');
		await world.holm('network', 'rm', 'net');
	});

	world.test('--cap-add, --cap-drop, --privileged, --ulimit, --init', async t => {
		const limited = await run('--ulimit', 'nofile=123:456', '--ulimit', 'core=0', 'box', 'sh', '-c', `${capabilities}; ulimit -n; ulimit -Hn; ulimit -c`);
		const [mask, ...limits] = limited.split('\n');
		t.deepEqual(limits, ['123', '456', '0']);
		const standard = BigInt(`0x${mask}`);
		const bit = (number: number) => 1n << BigInt(number);
		const [chown, netAdmin, sysAdmin] = [bit(0), bit(12), bit(21)];
		t.true((standard & chown) !== 0n && (standard & netAdmin) === 0n && (standard & sysAdmin) === 0n);

		const withInit = async (flags: readonly string[], commands: string) => {
			const {status, stdout} = await world.run(['run', '--rm', '--init', ...flags, 'box', 'sh', '-c', `${capabilities}; ${commands}`]);
			const [effective, ...lines] = stdout.trimEnd().split('\n');
			return {status, effective: BigInt(`0x${effective}`), lines};
		};

		const zombies = 'sh -c "sh -c \'exit 0\' & exec sleep 0.3" & sleep 0.1; (sh -c "sleep 0.2 & exit" &); sleep 1; grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null | wc -l; cat /proc/1/comm';
		const changed = await withInit(['--cap-drop', 'CHOWN', '--cap-add', 'net_admin'], zombies);
		t.deepEqual(changed, {status: 0, effective: standard - chown + netAdmin, lines: ['0', 'init']});
		const dropped = await withInit(['--cap-drop', 'ALL'], 'exit 17');
		t.deepEqual(dropped, {status: 17, effective: 0n, lines: []});
		const privileged = await withInit(['--privileged'], 'kill -TERM $$');
		t.is(privileged.status, 143);
		t.true((privileged.effective & sysAdmin) !== 0n);
	});

	world.test('--cpus, --memory, --kernel, --platform', async t => {
		const {architecture} = await world.engine.version();
		const own = JSON.parse(await readFile(path.join(world.root, 'guest/kernel.json'), 'utf8')) as {readonly version: string};
		const sized = await run(...size(world), '--platform', `linux/${architecture}`, 'box', 'sh', '-c', 'grep -c ^processor /proc/cpuinfo; sed -n "s/^MemTotal: *//p" /proc/meminfo; uname -r');
		const [cpus, memory = '', release] = sized.split('\n');
		t.is(cpus, '2');
		const kibibytes = Number.parseInt(memory, 10);
		t.true(kibibytes > 180_000 && kibibytes <= 262_144, memory);
		t.is(release, own.version);
	});

	world.test('--label, --label-file, --cidfile, --name, -q', async t => {
		const labels = path.join(world.directory, 'labels');
		const idFile = path.join(world.directory, 'id');
		await writeFile(labels, 'from.file=yes\n');
		const id = await world.holm('create', '--label', 'plain', '-l', 'key=a=b', '--label-file', labels, '--cidfile', idFile, '--name', 'labelled', '-q', 'box');
		t.is(await readFile(idFile, 'utf8'), id);
		const {configuration} = await world.engine.container('labelled');
		t.deepEqual(configuration.labels, {
			'made.by': 'test', plain: '', key: 'a=b', 'from.file': 'yes',
		});
		t.is(await world.holm('ps', '-aq', '--no-trunc', '--filter', 'label=key=a=b'), id);
		t.is(await world.holm('ps', '-aq', '--filter', 'label=key=other'), '');
		await world.holm('rm', 'labelled');
	});

	world.test('--stop-signal, --stop-timeout', async t => {
		await world.holm('run', '-d', '--name', 'own', '--stop-signal', 'USR2', 'box', 'sh', '-c', 'trap "exit 33" USR2; echo ready; while :; do sleep 0.05; done');
		await world.written('own', /ready/v);
		await world.holm('stop', 'own');
		t.like((await world.engine.container('own')).status, {state: 'exited', exitCode: 33});
		await world.holm('run', '-d', '--name', 'deaf', '--stop-timeout', '0', 'box', 'sleep', '600');
		await world.holm('stop', 'deaf');
		t.like((await world.engine.container('deaf')).status, {state: 'exited', exitCode: 137});
		await world.holm('rm', 'own', 'deaf');
	});
};
