import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import type {AddressInfo, Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type {Readable, Writable} from 'node:stream';
import ssh2, {type Connection, type ServerChannel} from 'ssh2';
import {quoteWord} from '../../../../source/backends/apple/quote-command.js';
import {newKey} from '../../../../source/host/machines/ssh/key.js';
import type {Environment} from '../../../../source/backends/hosts/which-engine.js';

const {Server} = ssh2;

const user = 'build';

type Size = {readonly rows: number; readonly cols: number};

/** Ssh2's server sends no status after the end of the output, though the protocol allows it. */
type Inside = {
	readonly outgoing: {readonly id: number; readonly state: string};
	readonly _client: {
		readonly _protocol: {
			readonly exitStatus: (id: number, status: number) => void;
			readonly exitSignal: (id: number, name: string, hasDumped: boolean, message: string) => void;
		};
	};
};

type Behaviour = {
	/** Sessions of one connection; OpenSSH's default is 10. */
	readonly mostSessions?: number;
	/** Lets commands begin, or never answers. */
	readonly isSilent?: () => boolean;
	/** What a login shell prints before each command. */
	readonly greeting?: string;
	/** What runs in place of each command. */
	readonly shell?: string;
	/** Sockets that may be forwarded to, by the path that is asked for. */
	readonly sockets?: Readonly<Record<string, string>>;
};

/** Gives a command a terminal, as an SSH server does, in the raw mode that the client asks for. `script` needs a pipe as its input, and Node's are sockets. */
const onTerminal = (line: string, {rows, cols}: Size): readonly string[] => {
	const inner = `/usr/bin/stty raw -echo rows ${rows} columns ${cols}; /usr/bin/tty >&3; exec /bin/sh -c ${quoteWord(line)}`;
	return ['-c', '/bin/cat | { /usr/bin/script -qec "$1" /dev/null; echo "exit $?" >&3; kill -TERM 0; }', 'sh', inner];
};

/** An SSH server as a Mac's: a session has next to nothing in its environment, and an empty PATH. Its commands run by `sh`, each in a group of its own. */
export const startMac = async (variables: Readonly<Record<string, string | undefined>>, behaviour: Behaviour = {}) => {
	const {mostSessions = 10, isSilent = () => false, greeting = '', shell, sockets = {}} = behaviour;
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-mac-'));
	const home = path.join(directory, 'home');
	await mkdir(path.join(home, '.ssh'), {recursive: true, mode: 0o700});
	const [hostKey, userKey] = [newKey(), newKey()];
	const children = new Set<ChildProcess>();
	const connections = new Map<Connection, Socket | undefined>();
	const seen = {mostCommands: 0, connections: 0, refused: 0, commands: 0};
	const env = {...variables, PATH: ''};
	let isAway = false;
	const cut = () => {
		for (const socket of connections.values()) {
			socket?.destroy();
		}
	};

	const run = (channel: ServerChannel, line: string, terminal: {size: Size; resize?: (size: Size) => void} | undefined) => {
		seen.commands++;
		// Otherwise Node closes the channel when both directions have ended, before the status.
		channel.destroy = () => channel;
		if (greeting !== '') {
			channel.write(greeting);
		}

		const child = spawn('/bin/sh', terminal ? onTerminal(line, terminal.size) : ['-c', line], {
			env, detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
		});
		children.add(child);
		const [stdin, stdout, stderr, report] = child.stdio as unknown as readonly [Writable, Readable, Readable, Readable];
		let said = '';
		report.on('data', chunk => {
			said += String(chunk);
		}).on('error', () => undefined);
		if (terminal) {
			terminal.resize = ({rows, cols}) => {
				spawn('/usr/bin/stty', ['-F', said.split('\n')[0]!, 'rows', String(rows), 'columns', String(cols)], {stdio: 'ignore'}).on('error', () => undefined);
			};
		}

		stdin.on('error', () => undefined);
		channel.on('error', () => undefined);
		channel.pipe(stdin);
		stdout.pipe(channel, {end: false});
		stderr.pipe(channel.stderr, {end: false});
		const reported = once(report, 'close');
		const onExit = async (code: number | null, signal: NodeJS.Signals | null) => {
			children.delete(child);
			await (terminal && reported);
			// What is still typed is dropped; unread, it would keep the channel from closing.
			channel.unpipe(stdin);
			channel.resume();
			const status = /^exit (?<status>\d+)$/mv.exec(said)?.groups?.status;
			const {outgoing, _client: {_protocol: protocol}} = channel as unknown as Inside;
			if (outgoing.state === 'open' || outgoing.state === 'eof') {
				if (status === undefined && code === null) {
					protocol.exitSignal(outgoing.id, signal!.replace('SIG', ''), false, '');
				} else {
					protocol.exitStatus(outgoing.id, Number(status ?? code));
				}
			}
		};

		child.once('exit', (code, signal) => {
			void onExit(code, signal);
		});
		// As OpenSSH: the end of the output when nobody has it open any more, which may be before the end of the command.
		const ends = [stdout, stderr].map(async stream => once(stream, 'close'));
		void Promise.all(ends).then(() => {
			channel.eof();
		});
		child.once('close', () => {
			// After the status.
			setImmediate(() => {
				channel.close();
			});
		});
		channel.once('close', () => {
			stdin.end();
			stdout.resume();
			stderr.resume();
		});
		return child;
	};

	const server = new Server({hostKeys: [hostKey.privateKey]}, client => {
		if (isAway) {
			client.on('error', () => undefined);
			(client as unknown as {_sock?: Socket})._sock?.destroy();
			return;
		}

		seen.connections++;
		// Its type lacks this.
		(client as Connection & {setNoDelay: (isOn: boolean) => void}).setNoDelay(true);
		let sessions = 0;
		let running = 0;
		client.on('authentication', context => {
			if (context.method === 'publickey' && context.username === user) {
				context.accept();
			} else {
				context.reject(['publickey']);
			}
		}).on('session', (accept, reject) => {
			if (sessions >= mostSessions) {
				seen.refused++;
				reject();
				return;
			}

			sessions++;
			const session = accept();
			let terminal: {size: Size; resize?: (size: Size) => void} | undefined;
			session.on('pty', (acceptTerminal, _reject, {rows, cols}) => {
				terminal = {size: {rows, cols}};
				acceptTerminal();
			}).on('window-change', (_accept, _reject, size) => {
				terminal?.resize?.(size);
			}).on('exec', (acceptCommand, _reject, {command}) => {
				if (!isSilent()) {
					running++;
					seen.mostCommands = Math.max(seen.mostCommands, running);
					run(acceptCommand(), shell ?? command, terminal).once('close', () => {
						sessions--;
						running--;
					});
				}
			});
		}).on('openssh.streamlocal' as 'session', ((accept: () => ServerChannel, reject: () => void, {socketPath}: {socketPath: string}) => {
			const target = sockets[socketPath];
			if (target === undefined) {
				reject();
				return;
			}

			void import('node:net').then(({connect}) => {
				const socket = connect(target);
				const channel = accept();
				socket.on('error', () => undefined);
				socket.pipe(channel).pipe(socket);
			});
		}) as never).on('close', () => {
			connections.delete(client);
		}).on('error', () => undefined);
		connections.set(client, (client as unknown as {_sock?: Socket})._sock);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	await writeFile(path.join(home, '.ssh/id_ed25519'), userKey.privateKey, {mode: 0o600});
	await writeFile(path.join(home, '.ssh/known_hosts'), `[127.0.0.1]:${port} ${hostKey.publicKey}\n`);
	const environment: Environment = {HOME: home};
	return {
		environment,
		seen,
		target: `${user}@127.0.0.1:${port}`,
		/** Cuts all connections. */
		cut,
		/** Cuts all connections and ends new ones at once, until it comes back. */
		leave() {
			isAway = true;
			cut();
		},
		comeBack() {
			isAway = false;
		},
		async close() {
			server.close();
			for (const client of connections.keys()) {
				client.end();
			}

			for (const child of children) {
				try {
					process.kill(-child.pid!, 'SIGKILL');
				} catch {
					// It has ended.
				}
			}

			await rm(directory, {recursive: true, force: true});
		},
	};
};
