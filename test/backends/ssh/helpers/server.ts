import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFile, chmod, copyFile, mkdir, mkdtemp, readFile, rm, rmdir, writeFile} from 'node:fs/promises';
import net, {type AddressInfo, type Socket} from 'node:net';
import {tmpdir, userInfo} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import type {Environment} from '../../../../source/backends/hosts/which-engine.js';
import {findCommand} from '../../../../source/host/setup/programs.js';
import {run} from '../../../../source/host/run.js';
import {findSshd} from './sshd.js';

/** Why no server can be started here. */
export const findObstacle = async (): Promise<string | undefined> => {
	if (await findSshd() === undefined) {
		return 'needs OpenSSH\'s sshd';
	}

	return await findCommand('ssh-agent') === undefined ? 'needs OpenSSH\'s ssh-agent and ssh-keygen' : undefined;
};

/** A user of an SSH server: a home directory with a key that the server accepts and the server's own in known_hosts. */
export type Account = {
	readonly home: string;
	readonly environment: Environment;
	readonly file: (name: string) => string;
	readonly write: (name: string, text: string) => Promise<void>;
};

export type SshServer = {
	readonly directory: string;
	readonly port: number;
	/** `ssh://user@127.0.0.1:port`, and a path if one is given; `port` where it is reached through another. */
	readonly address: (socket?: string, port?: number) => string;
	/** A line of known_hosts for the server; `port` where it is reached through another. */
	readonly knownHost: (port?: number) => string;
	/** A new account; the key has a passphrase, or the server does not know it. */
	readonly account: (options?: {readonly passphrase?: string; readonly isStranger?: boolean; readonly type?: string}) => Promise<Account>;
	readonly close: () => Promise<void>;
};

const freePort = async (): Promise<number> => {
	const server = net.createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
};

export const makeKey = async (file: string, {passphrase = '', type = 'ed25519'}: {readonly passphrase?: string; readonly type?: string} = {}): Promise<void> => {
	await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', `${path.basename(file)} of a test`, '-f', file]);
};

// As root the server drops its privileges into this directory, which the package or systemd makes where the server is installed.
const separation = '/run/sshd';

/** The command of a server, which as root wants an account that only its package's installation makes: where there is none, it sees one in a table of its own. */
const withAccount = async (directory: string, command: readonly [string, ...string[]]): Promise<readonly [string, ...string[]]> => {
	const accounts = await readFile('/etc/passwd', 'utf8');
	if (process.getuid?.() !== 0 || /^sshd:/mv.test(accounts)) {
		return command;
	}

	const file = path.join(directory, 'passwd');
	await writeFile(file, `${accounts}sshd:x:65533:65534::${separation}:/usr/sbin/nologin\n`);
	return ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/passwd && exec "$@"', file, ...command];
};

/** Starts an SSH server on loopback with keys of its own, which lets the user of this process in. `lines` are of its configuration and come first. */
export const startServer = async ({lines = [], hostKeyTypes = ['ed25519']}: {readonly lines?: readonly string[]; readonly hostKeyTypes?: readonly string[]} = {}): Promise<SshServer> => {
	const sshd = (await findSshd())!;
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-sshd-'));
	await chmod(directory, 0o755);
	const isMadeSeparation = process.getuid?.() === 0 && await mkdir(separation).then(() => true, () => false);
	const port = await freePort();
	const authorized = path.join(directory, 'authorized');
	await writeFile(authorized, '');
	const hostKeys = hostKeyTypes.map(type => path.join(directory, `host-${type}`));
	await Promise.all(hostKeyTypes.map(async (type, index) => makeKey(hostKeys[index]!, {type})));
	const configuration = path.join(directory, 'config');
	await writeFile(configuration, [
		...lines,
		...sshd.options,
		'ListenAddress 127.0.0.1',
		`Port ${port}`,
		...hostKeys.map(file => `HostKey ${file}`),
		`AuthorizedKeysFile ${authorized}`,
		'PidFile none',
		'UsePAM no',
		'StrictModes no',
		'PasswordAuthentication no',
		'PermitRootLogin yes',
		'MaxStartups 100',
		'',
	].join('\n'));
	const [program, ...parameters] = await withAccount(directory, [sshd.file, '-D', '-e', '-f', configuration]);
	const child = spawn(program, parameters, {stdio: ['ignore', 'ignore', 'pipe'], env: {...process.env, ...sshd.environment}});
	let log = '';
	child.stderr.on('data', (chunk: Uint8Array) => {
		log += String(chunk);
	});
	// A test that takes too long ends without its teardown.
	const onExit = () => {
		child.kill();
	};

	process.on('exit', onExit);
	const ended = once(child, 'exit');
	while (!log.includes('listening on')) {
		if (child.exitCode !== null) {
			throw new Error(`sshd ended: ${log}`);
		}

		await delay(10);
	}

	const publicKeys = await Promise.all(hostKeys.map(async file => readFile(`${file}.pub`, 'utf8')));
	const knownHost = (by = port) => publicKeys.map(key => `[127.0.0.1]:${by} ${key.trim()}\n`).join('');
	let count = 0;
	return {
		directory,
		port,
		address: (socket = '', by = port) => `ssh://${userInfo().username}@127.0.0.1:${by}${socket}`,
		knownHost,
		async account({passphrase, isStranger = false, type} = {}) {
			count++;
			const home = path.join(directory, `home-${count}`);
			const file = (name: string) => path.join(home, '.ssh', name);
			await mkdir(file(''), {recursive: true, mode: 0o700});
			await makeKey(file('id_ed25519'), {passphrase, type});
			await writeFile(file('known_hosts'), knownHost());
			if (!isStranger) {
				await appendFile(authorized, await readFile(file('id_ed25519.pub'), 'utf8'));
			}

			return {
				home,
				environment: {HOME: home},
				file,
				write: async (name, text) => writeFile(file(name), text, {mode: 0o600}),
			};
		},
		async close() {
			child.kill();
			await ended;
			process.off('exit', onExit);
			// Its processes of single connections have it too; they end with this process, if not before.
			child.stderr.destroy();
			await rm(directory, {recursive: true, force: true});
			if (isMadeSeparation) {
				// Another file's server may use it too, and then made nothing; connections that are still ending need it no more.
				await rmdir(separation).catch(() => undefined);
			}
		},
	};
};

/** Starts an agent with the keys in these files. */
export const startAgent = async (directory: string, files: readonly string[]) => {
	const socket = path.join(directory, 'agent.sock');
	const child = spawn('ssh-agent', ['-D', '-a', socket], {stdio: ['ignore', 'pipe', 'ignore']});
	const ended = once(child, 'exit');
	await once(child.stdout, 'data');
	if (files.length > 0) {
		await run('ssh-add', ['-q', ...files], {environment: {SSH_AUTH_SOCK: socket}});
	}

	return {
		socket,
		async close() {
			child.kill();
			await ended;
			await rm(socket, {force: true});
		},
	};
};

/** A way to a port that can be cut, and counts how often it is taken. */
export const startWay = async (to: number) => {
	const pairs = new Set<readonly [Socket, Socket]>();
	let taken = 0;
	const server = net.createServer(socket => {
		taken++;
		const other = net.connect(to, '127.0.0.1');
		const pair = [socket, other] as const;
		pairs.add(pair);
		socket.pipe(other).pipe(socket);
		for (const one of pair) {
			one.on('error', () => undefined);
			one.on('close', () => {
				pairs.delete(pair);
				socket.destroy();
				other.destroy();
			});
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const each = (act: (socket: Socket) => void) => {
		for (const pair of pairs) {
			act(pair[0]);
			act(pair[1]);
		}
	};

	return {
		port: (server.address() as AddressInfo).port,
		taken: () => taken,
		/** Ends every connection. */
		cut() {
			each(socket => {
				socket.destroy();
			});
		},
		/** Passes nothing on any more, as a cable that was pulled. */
		silence() {
			each(socket => {
				socket.unpipe();
				socket.pause();
			});
		},
		close() {
			server.close();
			each(socket => {
				socket.destroy();
			});
		},
	};
};
