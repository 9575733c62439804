import {spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {run} from '../../../source/host/run.js';
import {quote} from '../../../source/text/escape.js';
import type {CommandOptions, CommandResult} from '../host.js';

export type User = 'root' | 'ada';

/** SSH access to a system, over one connection per user. */
export type Shell = {
	/** Runs a program in a login session. */
	readonly run: (user: User, argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
	/** Forwards a socket of the system to a local one, and resolves with its path. */
	readonly forward: (socket: string) => Promise<string>;
	/** Ends the connections; the next command makes new ones. */
	readonly disconnect: () => Promise<void>;
	/** The command to log in as root by hand. */
	readonly command: readonly string[];
};

type Way = {
	/** Directory for sockets. */
	readonly directory: string;
	readonly port: number;
	/** Private key. */
	readonly key: string;
};

/** Generous, because an emulated system is slow. */
const defaultLimitMs = 20 * 60_000;

const anyStatus = Array.from({length: 256}, (_, status) => status);

export const openShell = ({directory, port, key}: Way): Shell => {
	const common = [
		'-F', 'none', '-i', key, '-p', String(port), '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR',
		// The system was made by these tests and is reached over the loopback device.
		'-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'ServerAliveInterval=30', '-o', 'ServerAliveCountMax=10',
	];
	const control = (user: User) => ['-o', `ControlPath=${path.join(directory, `ssh-${user}`)}`];
	const connections = new Map<User, Promise<void>>();
	const connect = async (user: User) => {
		// It goes into the background after the login, and must not keep the pipes open.
		const child = spawn('ssh', [...common, ...control(user), '-M', '-N', '-f', `${user}@127.0.0.1`], {stdio: 'ignore'});
		const [status] = await once(child, 'exit') as [number | null];
		if (status !== 0) {
			connections.delete(user);
			throw new Error(`${user} cannot log in to the system`);
		}
	};

	const connected = async (user: User) => {
		const connection = connections.get(user) ?? connect(user);
		connections.set(user, connection);
		await connection;
	};

	let count = 0;
	return {
		command: ['ssh', ...common, 'root@127.0.0.1'],
		async run(user, argv, {input, environment = {}, limitMs = defaultLimitMs} = {}) {
			await connected(user);
			const words = ['env', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`), ...argv];
			const limit = AbortSignal.timeout(limitMs);
			try {
				return await run('ssh', [...common, ...control(user), `${user}@127.0.0.1`, words.map(word => quote(word)).join(' ')], {input, signal: limit, accept: anyStatus});
			} catch (error) {
				throw limit.aborted ? new Error(`${argv.join(' ')}: not done within ${limitMs / 1000} s`) : error;
			}
		},
		async forward(socket) {
			await connected('root');
			count += 1;
			const here = path.join(directory, `forward-${count}`);
			await run('ssh', [...common, ...control('root'), '-O', 'forward', '-L', `${here}:${socket}`, 'root@127.0.0.1']);
			return here;
		},
		async disconnect() {
			await Promise.all([...connections.keys()].map(async user => run('ssh', [...common, ...control(user), '-O', 'exit', `${user}@127.0.0.1`], {accept: anyStatus})));
			connections.clear();
		},
	};
};
