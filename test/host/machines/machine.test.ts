import {once} from 'node:events';
import {
	mkdir,
	readFile,
	readdir,
	readlink,
	stat,
	truncate,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {createBridge, createTap} from '../../../source/host/bridges/bridge.js';
import {createLogKeeper} from '../../../source/host/containers/keep-logs.js';
import {type NetworkDevice} from '../../../source/host/machines/guest-protocol.js';
import {adoptMachine, clearMachine} from '../../../source/host/machines/machine.js';
import {type Machine} from '../../../source/host/machines/running-machine.js';
import {lastWords} from '../../../source/host/machines/status.js';
import {readRecord} from '../../../source/host/machines/record.js';
import {ownerVariable} from '../../../source/host/machines/owner.js';
import type {GuestCommand} from '../../../source/host/machines/ssh/agent.js';
import {sshPorts} from '../../../source/host/machines/qemu.js';
import {readStamp, templateFiles, writeStamp} from '../../../source/host/machines/template/stamp.js';
import {templateOf, type Template} from '../../../source/host/machines/template/template.js';
import {defaultSize} from '../../../source/host/guest.js';
import {run} from '../../../source/host/run.js';
import {programPath} from '../../../source/host/environment.js';
import {setUp} from '../../../source/host/setup/setup-all.js';
import {applyCorrection, correctionFor, readClock} from '../../../source/host/machines/clock.js';
import {bootPhases} from '../../../source/engine/resources.js';
import {findObstacle, makeLaboratory, type Laboratory} from './laboratory.js';

const obstacle = await findObstacle();
let laboratory: Laboratory | undefined;

if (obstacle === undefined) {
	test.before('a laboratory is made', async t => {
		// A template boots in it, on a host that may be busy.
		t.timeout(180_000);
		laboratory = await makeLaboratory();
	});
}

test.after.always(async () => {
	await laboratory?.close();
});

/** A serial test with machines. It is skipped, with the reason in its title, if machines cannot run here. */
const testMachine = (title: string, implementation: (t: ExecutionContext, laboratory: Laboratory) => Promise<void>) => {
	if (obstacle) {
		test.skip(`${title} (${obstacle})`, t => {
			t.fail();
		});
		return;
	}

	test.serial(title, async t => {
		// A machine that hangs must not keep the others from being removed.
		t.timeout(90_000);
		await implementation(t, laboratory!);
	});
};

/** Waits for a condition, up to the test's time limit. */
const until = async (isMet: () => Promise<boolean>) => {
	while (!await isMet()) {
		await delay(20);
	}
};

const environmentOf = async (pid: number): Promise<readonly string[]> => {
	const text = await readFile(`/proc/${pid}/environ`, 'utf8');
	return text.split('\0').filter(Boolean).toSorted();
};

/** The files that a process has open. */
const openedBy = async (pid: number): Promise<readonly string[]> => {
	const directory = `/proc/${pid}/fd`;
	const names = await readdir(directory);
	return Promise.all(names.map(async name => readlink(path.join(directory, name))));
};

const inGuest = async ({agent}: Machine, command: string) => Buffer.from(await agent.run(command)).toString().trim();

testMachine('a process runs as it should, confined, and its end is known', async (t, {start, guest, template, paths}) => {
	const script = 'trap "echo term; exit 5" TERM; echo out; echo err >&2; while :; do sleep 0.1; done';
	const {machine, directory, uid, disk, readLog} = await start({arguments: ['sh', '-c', script], template: {...template, deviceGid: 54_321}});
	await machine.started;
	t.deepEqual(machine.phases().map(({name}) => name), [...bootPhases]);
	for (const [index, {startMs, endMs}] of machine.phases().entries()) {
		t.is(startMs, machine.phases()[index - 1]?.endMs ?? 0);
		t.true(endMs >= startMs);
	}

	const status = await readFile(`/proc/${machine.pid}/status`, 'utf8');
	t.regex(status, new RegExp(String.raw`^Uid:\t${uid}\t${uid}\t${uid}\t${uid}$`, 'mv'));
	// Its own group is the primary one; the group of the accelerator's device is only supplementary.
	t.is(guest.gid, 1_900_000_000);
	t.regex(status, /^Gid:\t1900000000\t1900000000\t1900000000\t1900000000$/mv);
	t.regex(status, /^Groups:\t54321 $/mv);
	t.regex(status, /^Seccomp:\t2$/mv);
	t.regex(status, /^CapEff:\t0+$/mv);
	// It inherits neither environment nor descriptors of the engine.
	t.deepEqual(await environmentOf(machine.pid), [`${ownerVariable}=${directory}`, `PATH=${programPath}`]);
	const opened = await openedBy(machine.pid);
	const own = [directory, path.dirname(disk), path.join(paths.root, 'base.img'), '/dev/', 'anon_inode:', 'socket:', 'pipe:', '/memfd:holm-template', template.directory];
	t.deepEqual(opened.filter(target => !own.some(place => target.startsWith(place))), []);
	// The machine's user cannot write to the shared memory of the template.
	const memory = template.readOnly ? template.ram : `/proc/${machine.pid}/fd/3`;
	const asMachine = async (...words: readonly string[]) => run('setpriv', ['--reuid', String(uid), '--regid', String(guest.gid), '--clear-groups', '--', ...words], {input: 'no'});
	for (const file of [memory, template.ram]) {
		await t.throwsAsync(asMachine('tee', '--append', file), {message: /not permitted|denied/v}, file);
		await t.throwsAsync(asMachine('truncate', '--size=0', file), {message: /not permitted|denied/v}, file);
	}

	await until(async () => (await readLog()).includes('F err\n'));
	const lines = (await readLog()).trim().split('\n').map(line => line.split(' ').slice(1).join(' '));
	t.deepEqual(lines.toSorted(), ['stderr F err', 'stdout F out']);

	await machine.pause();
	await machine.resume();
	const keeper = createLogKeeper({
		machines: path.dirname(directory), limits: {bytes: 1, files: 2}, complain(line) {
			t.log(line);
		},
	});
	await keeper.look();
	await keeper.settle();
	await t.throwsAsync(machine.signal(65), {code: 'invalid'});
	await t.throwsAsync(machine.signal(1.5), {code: 'invalid'});
	await machine.signal(15);
	t.like(await machine.ended, {kind: 'exited', exitCode: 5, outOfMemory: false});
	t.regex(await readLog(), /^\S+ stdout F term\n$/v, 'its log was rotated');
	await t.throwsAsync(stat(`/proc/${machine.pid}`));
	await t.throwsAsync(machine.signal(15), {code: 'conflict'});
	await clearMachine(directory);
	await t.throwsAsync(stat(directory));
});

testMachine('the setup of a complete host reports that and changes nothing', async (t, {paths}) => {
	const before = await readdir(paths.templates);
	const steps = await Array.fromAsync(setUp(paths.root));
	const names = steps.map(({step}) => step).filter(step => !step.startsWith('warning'));
	t.deepEqual(names, ['requirements', 'requirements', 'kernel', 'template', 'accelerator']);
	t.regex(steps.find(({step}) => step === 'kernel')!.detail, / is there$/v);
	t.regex(steps.find(({step}) => step === 'template')!.detail, / is there$/v);
	t.regex(steps.at(-1)!.detail, /^(?:emulation \(tcg\)|hardware virtualisation \(kvm\)), because ./v);
	t.deepEqual(await readdir(paths.templates), before);
});

testMachine('what cannot be executed is refused with the runtime\'s reason', async (t, {start}) => {
	const {machine} = await start({arguments: ['no-such-program']});
	await t.throwsAsync(machine.started, {message: /no-such-program/v});
	const end = await machine.ended;
	t.is(end.kind, 'refused');
	t.regex(end.kind === 'refused' ? end.reason : '', /no-such-program.*not found/v);
});

testMachine('a terminal has the size that was set, and what is written to it is read', async (t, {start}) => {
	const {machine} = await start({arguments: ['sh'], terminal: true, stdin: true});
	// It takes effect although there is no process yet.
	await machine.resize(33, 101);
	await machine.started;
	const {channel} = await machine.agent.open('socat - UNIX-CONNECT:/run/holm/bundle/attach,type=5');
	let text = '';
	channel.on('data', (chunk: Uint8Array) => {
		text += Buffer.from(chunk).toString();
	});
	channel.write('stty size; stty size | tr " " x\n');
	await until(async () => text.includes('33x101'));
	await machine.resize(7, 300);
	channel.write('stty size | tr " " y\n');
	await until(async () => text.includes('7y300'));
	channel.close();
	await once(channel, 'close');
	// The next client that attaches finds the terminal unchanged.
	const {channel: again} = await machine.agent.open('socat -u - UNIX-CONNECT:/run/holm/bundle/attach,type=5');
	again.write('exit 9\n');
	t.like(await machine.ended, {kind: 'exited', exitCode: 9});
});

testMachine('machines share directories of the host, and only what they may write is written', async (t, {start, paths}) => {
	const shares = ['open', 'shut', 'file'].map(name => path.join(paths.root, name));
	await mkdir(shares[0]!);
	await mkdir(shares[1]!);
	await writeFile(path.join(shares[1]!, 'given'), 'from the host');
	await writeFile(shares[2]!, 'one file');
	const mounts = [['/data', 'rw'], ['/given', 'ro'], ['/one', 'ro']].map(([destination, access], index) => ({
		destination: destination!, type: 'bind', source: `/shares/${index}`, options: ['rbind', access!],
	}));
	const script = 'cat /given/given /one > /data/copy; echo no > /given/mine; echo no > /one; sleep 1000';
	const {machine, directory} = await start({
		arguments: ['sh', '-c', script], mounts, shares: shares.map((source, index) => ({source, readOnly: index > 0})),
	});
	await machine.started;
	// Its file server runs as root, because files keep their owners, but it inherits nothing else of the engine.
	const record = await readRecord(directory);
	const environment = await environmentOf(record!.shares!.pid);
	// Some shells add variables.
	t.deepEqual(environment.filter(entry => !/^(?:PWD|SHLVL|_)=/v.test(entry)), [`${ownerVariable}=${directory}`, `PATH=${programPath}`]);
	const opened = await openedBy(record!.shares!.pid);
	t.deepEqual(opened.filter(target => !/^(?:\/dev\/null$|\/proc\/|anon_inode:|socket:|pipe:|\/memfd:|\/$|\/[0-2](?:\/|$)|.*\/virtiofsd\.err$|\/run\/virtiofsd\/)/v.test(target)), []);
	await until(async () => (await readFile(path.join(shares[0]!, 'copy'), 'utf8').catch(() => '')) === 'from the hostone file');
	// Not even the guest's own root may write, whatever the container's mounts say.
	for (const target of ['/shares/1/given', '/shares/1/mine', '/shares/2']) {
		await t.throwsAsync(machine.agent.run(`echo no > ${target}`), {message: /Read-only/v});
	}

	t.is(await readFile(path.join(shares[1]!, 'given'), 'utf8'), 'from the host');
	t.is(await readFile(shares[2]!, 'utf8'), 'one file');
	const mountTable = await readFile('/proc/self/mounts', 'utf8');
	t.false(mountTable.includes(paths.root));
	await machine.kill();
});

testMachine('network devices come and go while a machine runs', async (t, {start, network, guest}) => {
	const namespace = {path: network};
	const makeDevice = (index: number) => async (uid: number): Promise<NetworkDevice> => {
		const bridge = `br-test${index}`;
		const tap = `tap-test${index}`;
		const gateway = `198.51.100.${index * 64 + 1}`;
		await createBridge(namespace, {bridge, gateway, prefixLength: 26});
		await createTap(namespace, {tap, bridge, uid});
		return {
			endpointId: `endpoint${index}`,
			tap,
			name: `eth${index}`,
			mac: `02:42:c6:33:64:0${index}`,
			address: `198.51.100.${index * 64 + 2}`,
			prefixLength: 26,
			gateway: index === 0 ? gateway : undefined,
		};
	};

	const {machine, uid} = await start({
		arguments: ['sleep', '1000'],
		// The second is there before the guest has configured the first.
		devices: async uid => [await makeDevice(0)(uid), await makeDevice(1)(uid)],
	});
	await machine.started;
	const addresses = async () => {
		const text = await inGuest(machine, 'ip -o -4 addr show | while read -r _ name _ address _; do echo "$name $address"; done');
		return text.split('\n').toSorted();
	};

	const ping = async (address: string) => inGuest(machine, `ping -c 1 -W 5 ${address} >/dev/null && echo ok`);
	t.deepEqual(await addresses(), ['eth0 198.51.100.2/26', 'eth1 198.51.100.66/26', 'lo 127.0.0.1/8']);
	t.is(await inGuest(machine, 'cat /sys/class/net/eth0/address /sys/class/net/eth1/address'), '02:42:c6:33:64:00\n02:42:c6:33:64:01');
	t.is(await inGuest(machine, 'ip route | grep default'), 'default via 198.51.100.1 dev eth0');
	t.is(await ping('198.51.100.1'), 'ok');
	t.is(await ping('198.51.100.65'), 'ok');

	const third = await makeDevice(2)(uid);
	await machine.plug(third);
	t.is(await ping('198.51.100.129'), 'ok');
	await machine.unplug('endpoint1');
	t.deepEqual(await addresses(), ['eth0 198.51.100.2/26', 'eth2 198.51.100.130/26', 'lo 127.0.0.1/8']);
	await machine.unplug('endpoint1');
	await machine.unplug('endpoint2');
	await machine.plug(third);
	t.is(await ping('198.51.100.129'), 'ok');
	await t.throwsAsync(machine.plug({...third, endpointId: 'endpoint3', tap: 'tap-none'}), {code: 'internal'});
	// A device that the guest cannot configure is removed again.
	const fourth = await makeDevice(3)(uid);
	await t.throwsAsync(machine.plug({...fourth, address: 'nonsense'}), {message: /eth3/v});
	await machine.plug(fourth);
	t.deepEqual(await addresses(), ['eth0 198.51.100.2/26', 'eth2 198.51.100.130/26', 'eth3 198.51.100.194/26', 'lo 127.0.0.1/8']);
	await machine.kill();
});

const finish = async (commands: readonly GuestCommand[]) => {
	for (const {channel} of commands) {
		channel.resume();
		channel.stderr.resume();
		channel.end();
	}

	await Promise.all(commands.map(async ({status}) => status));
};

testMachine('commands run in a guest at once, up to a limit, and end in any order', async (t, {start}) => {
	const {machine: {agent, started, kill}} = await start({isHelper: true});
	await started;
	for (let round = 0; round < 10; round++) {
		const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(async number => agent.run(`sleep 0.0${number % 3}; echo ${number}`)));
		t.deepEqual(answers.map(answer => Buffer.from(answer).toString()), [1, 2, 3, 4, 5, 6].map(number => `${number}\n`));
	}

	t.is(Buffer.from(await agent.run('cat', Buffer.from('input'))).toString(), 'input');
	await t.throwsAsync(agent.run('echo first; echo the reason >&2; exit 3'), {code: 'internal', message: /the reason/v});
	const own = await agent.open('cat');
	const limited = {spare: sshPorts.length - 2};
	const users = await Promise.all([1, 2].map(async () => agent.open('cat', limited)));
	await t.throwsAsync(agent.open('true', limited), {code: 'unavailable', message: /^2 commands/v}, 'the commands without a limit do not count');
	await finish([own, ...users]);
	const channels = await Promise.all(Array.from({length: sshPorts.length}, async () => agent.open('cat')));
	await t.throwsAsync(agent.run('true'), {code: 'unavailable'});
	await finish(channels);
	t.is(Buffer.from(await agent.run('echo again')).toString(), 'again\n');
	const {channel: open} = await agent.open('cat');
	open.resume();
	open.stderr.resume();
	await Promise.all([once(open, 'close'), kill()]);
	await t.throwsAsync(agent.run('true'), {code: 'conflict'});
});

testMachine('a later engine adopts a machine', async (t, {start, guest}) => {
	const {machine, directory} = await start({arguments: ['sh', '-c', 'trap "exit 6" TERM; while :; do sleep 0.1; done']});
	await machine.started;
	t.is(await inGuest(machine, 'echo first'), 'first');
	machine.release();
	const adopted = await adoptMachine(directory, guest.key.privateKey);
	t.is(adopted?.pid, machine.pid);
	await adopted!.started;
	t.deepEqual(adopted!.phases(), machine.phases());
	t.is(await inGuest(adopted!, 'echo second'), 'second');
	await adopted!.signal(15);
	t.like(await adopted!.ended, {kind: 'exited', exitCode: 6});
	t.is(await adoptMachine(directory, guest.key.privateKey), undefined);
	t.like(await lastWords(directory), {kind: 'exited', exitCode: 6});
});

testMachine('a machine that ends without an engine leaves its reason in its files', async (t, {start, guest}) => {
	const {machine, directory} = await start({arguments: ['sh', '-c', 'sleep 1; exit 8']});
	await machine.started;
	machine.release();
	await until(async () => stat(`/proc/${machine.pid}`).then(() => false, () => true));
	t.is(await adoptMachine(directory, guest.key.privateKey), undefined);
	t.like(await lastWords(directory), {kind: 'exited', exitCode: 8});
});

testMachine('a machine that is killed or whose kernel panics is reported dead with the reason', async (t, {start}) => {
	const [killed, panicked] = await Promise.all([start({arguments: ['sleep', '1000']}), start({arguments: ['sleep', '1000']})]);
	await Promise.all([killed.machine.started, panicked.machine.started]);
	process.kill(killed.machine.pid, 'SIGKILL');
	t.like(await killed.machine.ended, {kind: 'died', reason: 'the machine was killed (SIGKILL)'});
	void panicked.machine.agent.run('echo c > /proc/sysrq-trigger').catch(() => undefined);
	t.like(await panicked.machine.ended, {kind: 'died', reason: 'the guest\'s kernel panicked: sysrq triggered crash'});
});

testMachine('a process that takes all memory is killed, and that is known', async (t, {start}) => {
	// One block as large as the memory, which the kernel overcommits.
	const script = String.raw`exec dd if=/dev/zero of=/dev/null count=1 bs=$(awk "/MemTotal/ {print \$2 - 4096}" /proc/meminfo)k`;
	const {machine} = await start({arguments: ['sh', '-c', script]});
	t.like(await machine.ended, {kind: 'exited', exitCode: 137, outOfMemory: true});
});

testMachine('machines of one template share neither random numbers nor a clock', async (t, {start}) => {
	const before = Date.now();
	// The generator returns bytes even if it is not ready; 256 means that it was seeded from the host.
	const script = 'cat /proc/sys/kernel/random/entropy_avail; echo $(head -c 16 /dev/urandom | od -An -tx1 | tr -d " "); cat /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid';
	const started = await Promise.all([1, 2].map(async () => start({arguments: ['sh', '-c', script]})));
	await Promise.all(started.map(async ({machine}) => machine.ended));
	const after = Date.now();
	const logs = await Promise.all(started.map(async ({readLog}) => readLog()));
	const lines = logs.flatMap(log => log.trim().split('\n'));
	const words = lines.map(line => line.split(' ', 4)[3]);
	t.is(words.filter(word => word === '256').length, 2);
	const values = words.filter(word => word !== '256');
	t.is(values.length, 6);
	t.true(values.every(value => value!.length >= 32));
	t.is(new Set(values).size, 6);
	for (const line of lines) {
		const stamp = Date.parse(line.split(' ', 1)[0]!);
		t.true(stamp >= before && stamp <= after, line);
	}
});

testMachine('a helper machine has the disk of another, alone, and what it writes stays', async (t, {start, paths}) => {
	const share = path.join(paths.root, 'helper');
	await mkdir(share);
	const first = await start({isHelper: true, shares: [{source: share, readOnly: false}]});
	await first.machine.started;
	await inGuest(first.machine, 'echo kept > /rootfs/data/file; echo there > /shares/0/file');
	// An hour behind, as after a suspend of the host.
	await inGuest(first.machine, 'date.coreutils -u -s "@$(($(date +%s) - 3600))"');
	const wrong = await readClock(first.machine, 30_000);
	t.true(wrong!.offsetMs < -3_500_000);
	t.deepEqual(correctionFor(wrong!), {kind: 'set'});
	await applyCorrection(first.machine, correctionFor(wrong!));
	const behind = async () => Math.abs((await readClock(first.machine, 30_000))!.offsetMs);
	await until(async () => await behind() < 60_000);
	await applyCorrection(first.machine, {kind: 'slew', microseconds: 150_000});
	// No answer ends the reading, and the next one finds a guest that answers.
	t.is(await readClock(first.machine, 0), undefined);
	await first.machine.finish();
	t.like(await first.machine.ended, {kind: 'exited', exitCode: 0});
	t.is(await readFile(path.join(share, 'file'), 'utf8'), 'there\n');
	const second = await start({isHelper: true, disk: first.disk});
	await second.machine.started;
	await t.throwsAsync(start({arguments: ['true'], disk: first.disk}), {message: /lock/v}, 'one machine at a time has it');
	await t.throwsAsync(start({arguments: ['true'], disk: path.join(paths.root, 'base.img')}), {message: /did not start: .*base\.img/v});
	t.is(await inGuest(second.machine, 'cat /rootfs/data/file'), 'kept');
	await second.machine.kill();
	t.is((await second.machine.ended).kind, 'died');
});

testMachine('a template from which no machine can be restored is made again, once, and named when that does not help', async (t, {start, guest, paths}) => {
	const {directory, shape, ...template} = await guest.template(defaultSize);
	const hopeless: Template = {...template, directory, shape, state: Buffer.from('nothing'), remake: async () => hopeless};
	const message = new RegExp(`template ${directory}, not even after it was made again: .*migration`, 'v');
	const error = await t.throwsAsync(start({arguments: ['true'], template: hopeless}), {code: 'internal', message});
	t.regex((error as {remedy?: string}).remedy ?? '', /holm setup/v);

	// An aborted start does not wait for the new template.
	const end = new AbortController();
	const asked: Template = {...hopeless, async remake() {
		end.abort(new Error('given up'));
		return new Promise(() => {});
	}};
	await t.throwsAsync(start({arguments: ['true'], template: asked, signal: end.signal}), {message: 'given up'});

	// Like a disk fault, which does not change the stamp.
	const {ram} = templateFiles(directory);
	await truncate(ram, 0);
	await truncate(ram, shape.memoryBytes);
	await writeStamp(directory, await readStamp(directory));
	const damaged = await guest.template(defaultSize);
	const {machine} = await start({arguments: ['sh', '-c', 'exit 4'], template: damaged});
	t.like(await machine.ended, {kind: 'exited', exitCode: 4});
	const whole = await guest.template(defaultSize);
	t.not(whole.id, damaged.id);
	const late = await t.throwsAsync(templateOf({
		directory: paths.templates,
		program: guest.program,
		uid: 54_322,
		gid: guest.gid,
		shape: {...shape, memoryBytes: 268_435_456},
		timeoutMs: 1,
	}), {message: new RegExp(`template ${paths.templates}/.* cannot be made: .* in time`, 'v')});
	t.truthy((late as {remedy?: string}).remedy);

	const names = await readdir(paths.templates);
	t.deepEqual(names.filter(name => !name.startsWith('lock')), [path.basename(directory)]);
});
