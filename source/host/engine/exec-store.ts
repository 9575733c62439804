import {HolmError} from '../../engine/errors.js';
import type {ExecConfiguration, ExecStatus} from '../../engine/execs.js';
import type {Session, TerminalSize} from '../../engine/sessions.js';
import {newId} from '../containers/id.js';
import {
	homeOf,
	resolveUser,
	withGroups,
	type Accounts,
} from '../containers/accounts.js';
import {guestPaths, ociProcess} from '../containers/bundle.js';
import {quote} from '../../text/escape.js';
import {mergeEnvironment} from '../../rules/containers/container-process.js';
import {forgetEndedExecs} from '../../rules/containers/kept-execs.js';
import {validateExec} from '../../rules/containers/validate-process.js';
import type {Agent, GuestCommand} from '../machines/ssh/agent.js';
import {createQueue, createRefresh, type Queue} from '../../engine/queue.js';
import {notFrozen} from './frozen.js';
import {
	machineOf,
	publishContainer,
	type Entry,
	type Context,
} from './context.js';
import {linkVariablesOf} from './links.js';
import {assertAllowed} from './phases.js';
import {hostnameOf} from './start-message.js';
import {joinCommand} from './streams.js';

/** Exec instances: processes in containers beside the first one. */
export type Execs = {
	readonly create: (entry: Entry, configuration: ExecConfiguration) => string;
	readonly start: (id: string, size?: TerminalSize) => Promise<Session>;
	readonly resize: (id: string, size: TerminalSize) => Promise<void>;
	readonly status: (id: string) => ExecStatus;
	/** Forgets the instances of a removed container. */
	readonly forget: (containerId: string) => void;
};

type Exec = {
	readonly id: string;
	readonly entry: Entry;
	readonly configuration: ExecConfiguration;
	/** The size last requested for its terminal. */
	size?: TerminalSize;
	/** Applies `size`. While a window is dragged there are many sizes; only the last one counts. */
	readonly refreshSize: () => Promise<void>;
	state: 'created' | 'running' | 'ended';
	/** Absent until it has ended, and if it could not be started. */
	exitCode?: number;
};

/** How many ended instances are remembered; Docker, too, forgets them after a while. */
const maximumEnded = 256;

/** Size of a terminal if the client names none. */
const defaultSize: TerminalSize = {rows: 24, columns: 80};

/** Concurrent commands reserved in each guest for the engine itself: copies, terminal sizes, the clock, health checks. */
const engineCommands = 4;

/** Longest command to send inline; the guest's SSH server rejects more than 9000 bytes in all. */
const longestInline = 8000;

/** Account lookups run one at a time in each guest, so that many simultaneous execs do not use up its connections. */
const lookups = new WeakMap<Agent, Queue>();

/** The accounts in the running container, which may differ from the image's. */
const accountsIn = async (agent: Agent): Promise<Accounts> => {
	const inTurn = lookups.get(agent) ?? createQueue();
	lookups.set(agent, inTurn);
	// Reading anything but a file, such as a pipe, could block forever.
	const script = 'for file in /etc/passwd /etc/group; do [ -f $file ] && /dev/.holm/busybox head -c 1048576 $file; printf "\\0"; done';
	const content = await inTurn(async () => agent.run(`chroot /proc/"$(cat /run/holm/pid)"/root /dev/.holm/busybox sh -c ${quote(script)} 2>/dev/null || true`));
	const [passwd = '', group = ''] = Buffer.from(content).toString().split('\0');
	return {passwd, group};
};

/** The accounts for execs as root, cached for each guest: most execs are, and a lookup takes a command there. */
const accountsOfRoot = new WeakMap<Agent, Accounts>();

/** The accounts in which to look up a user. A number, too, has an account with groups. */
const accountsFor = async (agent: Agent, user: string): Promise<Accounts> => {
	const isRoot = /^(?:root|0)?$/v.test(user);
	const known = isRoot ? accountsOfRoot.get(agent) : undefined;
	const accounts = known ?? await accountsIn(agent);
	if (isRoot) {
		accountsOfRoot.set(agent, accounts);
	}

	return accounts;
};

/** The process of a command in a running container, with the user, the environment and the directory that it has there. */
export const processFor = async (context: Context, {entry, configuration}: Pick<Exec, 'entry' | 'configuration'>, agent: Agent) => {
	const {container} = entry;
	const wanted = configuration.user ?? container.process.user;
	const own = [`HOSTNAME=${hostnameOf(container)}`, ...configuration.terminal ? ['TERM=xterm'] : []];
	const environment = mergeEnvironment(own, linkVariablesOf(context, container), container.process.environment, configuration.environment);
	const accounts = await accountsFor(agent, wanted);
	const user = withGroups(resolveUser(wanted, accounts), accounts, container.configuration.groups);
	const hasHome = environment.some(variable => variable.startsWith('HOME='));
	// The runtime would look it up without a time limit.
	const home = hasHome ? [] : [`HOME=${homeOf(user, accounts)}`];
	return ociProcess({
		configuration: {
			...container.configuration,
			terminal: configuration.terminal,
			privileged: container.configuration.privileged || configuration.privileged,
		},
		process: {
			arguments: configuration.command,
			environment: [...home, ...environment],
			workingDirectory: configuration.workingDirectory ?? container.process.workingDirectory,
		},
		user,
	});
};

/** The guest's directory for one exec instance. */
const directoryOf = (id: string) => `/run/holm/exec-${id.slice(0, 16)}`;

/** Sets the size of a process's terminal through conmon's control file. The process may not exist yet, or no longer. The size is written twice: of several lines that conmon reads at once, it uses only the first. */
const resizeCommand = (directory: string, {rows, columns}: TerminalSize) =>
	`cd ${directory} || exit 0; for try in 1 2 3 4 5 6 7 8 9 10; do [ -s pid ] && break; sleep 0.1; done; for try in 1 2; do [ -p ctl ] && echo 1 ${rows} ${columns} 1<>ctl; sleep 0.15; done`;

export const createExecs = (context: Context): Execs => {
	const execs = new Map<string, Exec>();

	const find = (id: string): Exec => {
		const exec = execs.get(id);
		if (!exec) {
			throw new HolmError('not-found', `No such exec instance: ${JSON.stringify(id.slice(0, 64)).slice(1, -1)}`, {remedy: 'create one with holm exec'});
		}

		return exec;
	};

	const open = async (exec: Exec, size: TerminalSize | undefined): Promise<GuestCommand> => {
		const {agent} = machineOf(exec.entry)!;
		const {terminal, stdin} = exec.configuration;
		const {rows, columns} = size ?? defaultSize;
		const text = JSON.stringify({...await processFor(context, exec, agent), ...terminal && {consoleSize: {height: rows, width: columns}}});
		const directory = directoryOf(exec.id);
		const file = `${directory}/process.json`;
		const run = `exec execute ${directory} ${terminal ? 'yes' : 'no'} ${stdin ? 'yes' : 'no'}`;
		const inline = `mkdir ${directory} && printf %s ${quote(text)} > ${file} && ${run}`;
		if (inline.length <= longestInline) {
			return agent.open(inline, {spare: engineCommands});
		}

		await agent.run(`mkdir ${directory} && cat > ${file}`, Buffer.from(text));
		return agent.open(run, {spare: engineCommands});
	};

	const resize = async ({id, entry, configuration, size, state}: Exec) => {
		if (configuration.terminal && size && state === 'running') {
			await machineOf(entry)?.agent.run(resizeCommand(directoryOf(id), size));
		}
	};

	return {
		create(entry, configuration) {
			assertAllowed('use', entry);
			validateExec(configuration);
			const id = newId();
			const exec: Exec = {
				id, entry, configuration, state: 'created', refreshSize: createRefresh(async () => resize(exec)),
			};
			execs.set(id, exec);
			publishContainer(context, entry, `exec_create: ${configuration.command.join(' ').slice(0, 200)}`, {execID: id});
			return id;
		},
		async start(id, size) {
			const exec = find(id);
			const {entry, configuration} = exec;
			assertAllowed('use', entry);
			if (exec.state !== 'created') {
				throw new HolmError('conflict', `exec ${id.slice(0, 12)} has already run`, {remedy: 'create another one'});
			}

			exec.state = 'running';
			let command: GuestCommand;
			try {
				await notFrozen(entry);
				command = await open(exec, size);
			} catch (error) {
				exec.state = 'ended';
				// A VM that has stalled meanwhile is the better reason.
				assertAllowed('use', entry);
				throw error;
			}

			publishContainer(context, entry, `exec_start: ${configuration.command.join(' ').slice(0, 200)}`, {execID: id});
			return joinCommand(command, configuration, exitCode => {
				exec.exitCode = exitCode;
				exec.state = 'ended';
				publishContainer(context, entry, 'exec_die', {execID: id, exitCode: String(exitCode)});
				forgetEndedExecs(execs, maximumEnded);
			});
		},
		async resize(id, size) {
			const exec = find(id);
			exec.size = size;
			await exec.refreshSize();
		},
		status(id) {
			const {entry, configuration, state, exitCode} = find(id);
			return {
				id, containerId: entry.container.id, configuration, running: state === 'running', ...exitCode !== undefined && {exitCode},
			};
		},
		forget(containerId) {
			const forgotten = execs.values().filter(({entry}) => entry.container.id === containerId).toArray();
			for (const {id} of forgotten) {
				execs.delete(id);
			}
		},
	};
};
