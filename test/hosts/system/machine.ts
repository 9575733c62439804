import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {
	mkdtemp,
	readFile,
	rm,
} from 'node:fs/promises';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {HolmError} from '../../../source/engine/errors.js';
import {run} from '../../../source/host/run.js';
import {findRoot} from '../debian-root.js';
import type {Host} from '../host.js';
import {recipe} from '../userland.js';
import {makeCheckoutDisk} from './checkout.js';
import {systemImage} from './image.js';
import type {Suite} from './mirror.js';
import {openShell, type Shell} from './shell.js';

/** A whole host: a machine with its own system. */
export type System = Required<Host> & {readonly shell: Shell};

/** An emulated machine is up after 17 to 40 s on an idle host. */
const upLimitMs = 300_000;

/** Debian 13's QEMU, which also runs on an older Debian: that of Debian 12 loses the kernel's GS base now and then when a machine in the system is interrupted, and the system's kernel panics. */
const emulator = async (): Promise<readonly string[]> => {
	const root = await findRoot(recipe);
	if (root === undefined) {
		throw new HolmError('unavailable', `the files of ${recipe.name} are not here`, {remedy: 'run node dist/test/prepare.js, which fetches them'});
	}

	const libraries = path.join(root, 'usr/lib/x86_64-linux-gnu');
	return [
		'env', `QEMU_MODULE_DIR=${libraries}/qemu`, path.join(root, 'lib64/ld-linux-x86-64.so.2'), '--library-path', libraries, path.join(root, 'usr/bin/qemu-system-x86_64'),
		'-L', path.join(root, 'usr/share/qemu'), '-L', path.join(root, 'usr/share/seabios'),
	];
};

/** A QEMU without KVM, whose processor virtualises for the system in it; `avx=off` would be the emulator's own fault. */
const machineArguments = ['-nodefaults', '-no-user-config', '-display', 'none', '-accel', 'tcg,thread=multi,tb-size=1024', '-M', 'q35', '-cpu', 'max,la57=off,pku=off', '-smp', '2', '-m', '6144'];

const commandLine = 'root=/dev/vda rw console=ttyS0 mitigations=off nowatchdog tsc=reliable clocksource=tsc net.ifnames=0';

const freePort = async (): Promise<number> => {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as net.AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
};

const connectTo = async (socket: string, child: ChildProcess): Promise<net.Socket> => {
	for (;;) {
		const connection = net.connect(socket);
		try {
			await once(connection, 'connect');
			return connection;
		} catch (error) {
			if (child.exitCode !== null) {
				throw error;
			}

			await new Promise(resolve => {
				setTimeout(resolve, 20);
			});
		}
	}
};

// What machines take is no measure of anything there: a processor that is emulated emulates the virtualisation of another.
const first = `set -eu
echo HOLM_BOOT_TIMEOUT=1800 >>/etc/environment
mkdir -p /etc/systemd/system.conf.d
printf '[Manager]\\nDefaultEnvironment=HOLM_BOOT_TIMEOUT=1800\\n' >/etc/systemd/system.conf.d/holm.conf
systemctl daemon-reexec
ln -s /opt/holm/bin/node /opt/holm/npm/bin/npm-cli.js /usr/local/bin/
mv /usr/local/bin/npm-cli.js /usr/local/bin/npm
printf '#!/bin/sh\\nexec node /opt/holm/now/dist/cli.js "$@"\\n' >/usr/local/bin/holm
chmod 755 /usr/local/bin/holm
printf 'cache=/opt/holm\\noffline=true\\naudit=false\\n' >/root/.npmrc
`;

const evidence = `
uptime; free -m
echo; echo 'kernel:'; dmesg | tail -n 20
cd /var/lib/holm
echo; echo 'daemon:'; tail -n 40 daemon.log
for machine in containers/*/; do
	echo; echo "$machine:"
	find "$machine" -maxdepth 2 | head -n 60
	for file in $(find "$machine" -maxdepth 3 -type f '(' -name '*console*' -o -name '*log*' -o -name '*stderr*' -o -name status ')'); do
		echo "-- $file"; tail -n 30 "$file" | tail -c 4000
	done
done
`;

const prepare = async (runInside: Host['run']): Promise<void> => {
	const {exitCode, stderr} = await runInside(['bash', '-s'], {input: first});
	if (exitCode !== 0) {
		throw new Error(`the system cannot be prepared: ${stderr}`);
	}
};

export type BootOptions = {
	readonly suite: Suite;
	/** More kernel parameters. */
	readonly parameters?: readonly string[];
	readonly onStep: (step: string) => void;
};

/** Boots a host of that release. Rejects, and leaves nothing, if it is not up within the limit. */
export const bootSystem = async ({suite, parameters = [], onStep}: BootOptions): Promise<System> => {
	const image = await systemImage(suite, onStep);
	const directory = await mkdtemp(path.join(tmpdir(), `holm-${suite}-`));
	const inside = (name: string) => path.join(directory, name);
	const [disk, checkout, console_, up, monitor] = ['disk', 'checkout.img', 'console', 'up', 'qmp'].map(name => inside(name)) as [string, string, string, string, string];
	const stack = new AsyncDisposableStack();
	stack.defer(async () => rm(directory, {recursive: true, force: true}));
	try {
		onStep('putting this checkout and the program before it on a disk');
		await makeCheckoutDisk(directory, checkout);
		await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', image.disk, '-F', 'raw', disk]);
		const port = await freePort();
		onStep(`booting ${suite}`);
		// It ends with this process, however that ends.
		const child = spawn('setpriv', [
			'--pdeathsig', 'KILL', ...await emulator(), ...machineArguments,
			'-kernel', image.kernel, '-initrd', image.initrd, '-append', [commandLine, ...parameters].join(' '),
			'-drive', `file=${disk},format=qcow2,if=virtio,cache=unsafe`, '-drive', `file=${checkout},format=raw,if=virtio,cache=unsafe`,
			'-nic', `user,model=virtio-net-pci,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`, '-device', 'virtio-rng-pci',
			'-device', 'virtio-serial-pci', '-chardev', `socket,id=up,path=${up},server=on,wait=off`, '-device', 'virtserialport,chardev=up,name=up',
			'-serial', `file:${console_}`, '-qmp', `unix:${monitor},server=on,wait=off`,
		], {stdio: ['ignore', 'ignore', 'pipe']});
		let complaint = '';
		child.stderr.on('data', (chunk: Uint8Array) => {
			complaint += Buffer.from(chunk).toString();
		});
		const ended = once(child, 'exit');
		stack.defer(async () => {
			child.kill('SIGKILL');
			await ended;
		});
		const events = await connectTo(up, child);
		const control = await connectTo(monitor, child);
		stack.defer(() => {
			events.destroy();
			control.destroy();
		});
		control.resume();
		control.write('{"execute": "qmp_capabilities"}\n');

		const isUp = async () => {
			const limit = AbortSignal.timeout(upLimitMs);
			try {
				await Promise.race([
					once(events, 'data', {signal: limit}),
					ended.then(() => {
						throw new HolmError('unavailable', `QEMU ended: ${complaint.trim()}`);
					}),
				]);
			} catch (error) {
				if (!limit.aborted) {
					throw error;
				}

				const last = (await readFile(console_, 'utf8')).trim().split('\n').slice(-5).join('\n');
				throw new HolmError('unavailable', `${suite} was not up after ${upLimitMs / 1000} s; its console ends with:\n${last}`);
			}
		};

		await isUp();
		const shell = openShell({directory, port, key: image.key});
		stack.defer(shell.disconnect);
		const again = async (begin: () => Promise<void>) => {
			const coming = isUp();
			coming.catch(() => undefined);
			await begin();
			await coming;
			await shell.disconnect();
		};

		const run_: Host['run'] = async (argv, options) => shell.run('root', argv, options);
		await prepare(run_);
		// A new login gets the new environment.
		await shell.disconnect();
		return {
			shell,
			holm: ['holm'],
			run: run_,
			system: {
				runAsUser: async (argv, options) => shell.run('ada', argv, options),
				logOut: shell.disconnect,
				forward: shell.forward,
				async reboot() {
					await again(async () => {
						await shell.run('root', ['systemctl', 'reboot']);
					});
				},
				async cutPower() {
					await again(async () => {
						control.write('{"execute": "system_reset"}\n');
					});
				},
			},
			async evidence() {
				const {stdout} = await shell.run('root', ['bash', '-s'], {input: evidence});
				return stdout;
			},
			async close() {
				await stack.disposeAsync();
			},
		};
	} catch (error) {
		await stack.disposeAsync();
		throw error;
	}
};

/** Boots a system for manual use: `node dist/test/hosts/system/machine.js trixie`. */
if (process.argv[1] === import.meta.filename) {
	const system = await bootSystem({
		suite: process.argv[2] as Suite,
		parameters: process.argv.slice(3),
		onStep(step) {
			process.stdout.write(`${step}\n`);
		},
	});
	process.stdout.write(`${system.shell.command.join(' ')}\n`);
	await once(process, 'SIGINT');
	await system.close();
}
