import {HolmError} from '../../engine/errors.js';
import {createQueue, type Queue} from '../../engine/queue.js';
import type {RemoteProcess} from '../ssh/command-channel.js';
import type {ExecuteOptions, Link} from '../ssh/link.js';
import {reopening} from '../ssh/reopening.js';

/*
Who gets a channel. An SSH server lets a connection have ten sessions (MaxSessions of OpenSSH). Eight run commands, and the others are kept for signals.

Of the eight, six may be lasting: what follows a log, holds an input open, pulls an image. Further lasting ones go to further connections, up to eight of them. So short ones, which all have a time limit, only ever wait for short ones. What finds no place queues, for a minute at most.
*/

const mostSessions = 8;

/** Sessions of a connection that lasting commands leave free. */
const shortSessions = 2;

const mostConnections = 8;

const defaultWaitMs = 60_000;

/** How long a signal may take. */
const asideMs = 10_000;

type Wanted = ExecuteOptions & {readonly isShort: boolean; readonly line: string};

/** A command that has a channel. */
export type Place = {
	readonly process: RemoteProcess;
	/** Runs a command that ends at once, beside the others of its connection. Rejects if it does not. */
	readonly aside: (line: string) => Promise<void>;
};

type Connection = {
	readonly open: () => Promise<Link>;
	link?: Link;
	sessions: number;
	lasting: number;
	/** Fewer than usual where the server allows fewer. */
	most: number;
	readonly signals: Queue;
};

type Waiting = {readonly isShort: boolean; readonly give: (connection: Connection) => void};

export type Channels = {
	/** Starts a command once there is a channel for it. Throws `unavailable` after a wait that is too long. */
	readonly take: (wanted: Wanted) => Promise<Place>;
	readonly roundTripMs: () => number | undefined;
	readonly close: () => void;
};

export type ChannelsOptions = {
	readonly name: string;
	readonly link: () => Promise<Link>;
	readonly another: () => Promise<Link>;
	readonly waitMs?: number;
	/** Calls back for each connection that is lost. */
	readonly onLost: (error: HolmError) => void;
};

/** Whether a server has refused a channel that it might give later. */
const isRefusal = (error: unknown): boolean =>
	error instanceof HolmError && error.cause instanceof Error && 'reason' in error.cause;

export const createChannels = ({name, link, another, waitMs = defaultWaitMs, onLost}: ChannelsOptions): Channels => {
	const connect = (open: () => Promise<Link>): Connection => ({open, sessions: 0, lasting: 0, most: mostSessions, signals: createQueue()});
	const connections = [connect(link)];
	const waiting = new Set<Waiting>();
	let isClosed = false;

	const hasPlace = ({sessions, lasting, most}: Connection, isShort: boolean) =>
		sessions < most && (isShort || lasting < Math.max(most - shortSessions, 1));

	const reserve = (connection: Connection, isShort: boolean) => {
		connection.sessions++;
		connection.lasting += Number(!isShort);
	};

	const find = (isShort: boolean): Connection | undefined => {
		const found = connections.find(connection => hasPlace(connection, isShort));
		if (found || isShort || connections.length >= mostConnections) {
			return found;
		}

		const further = connect(reopening(another));
		connections.push(further);
		return further;
	};

	const giveBack = (connection: Connection, isShort: boolean) => {
		connection.sessions--;
		connection.lasting -= Number(!isShort);
		for (const one of waiting) {
			if (hasPlace(connection, one.isShort)) {
				waiting.delete(one);
				reserve(connection, one.isShort);
				one.give(connection);
				return;
			}
		}
	};

	/** Resolves with a connection that has a place reserved. */
	const place = async (isShort: boolean): Promise<Connection> => {
		const found = find(isShort);
		if (found) {
			reserve(found, isShort);
			return found;
		}

		const {promise, resolve, reject} = Promise.withResolvers<Connection>();
		const one: Waiting = {isShort, give: resolve};
		waiting.add(one);
		const timer = setTimeout(() => {
			waiting.delete(one);
			const going = connections.reduce((sum, {sessions}) => sum + sessions, 0);
			reject(new HolmError(
				'unavailable',
				`no channel to ${name} became free within ${waitMs / 1000} seconds: ${going} commands go on there`,
				{remedy: 'end some of the logs, sessions and builds that this process has there'},
			));
		}, waitMs);
		try {
			return await promise;
		} finally {
			clearTimeout(timer);
		}
	};

	const linkOf = async (connection: Connection): Promise<Link> => {
		const opened = await connection.open();
		if (connection.link === opened) {
			return opened;
		}

		connection.link = opened;
		connection.most = mostSessions;
		opened.onClose(() => {
			if (connection.link !== opened) {
				return;
			}

			connection.link = undefined;
			if (!isClosed) {
				onLost(new HolmError('unavailable', `the SSH connection to ${name} was lost`, {remedy: 'try again; holm connects anew', retryAfterMs: 500}));
			}
		});
		return opened;
	};

	const asideOf = ({signals}: Connection, opened: Link) => async (line: string): Promise<void> => signals(async () => {
		const process = await opened.execute(line);
		process.stdin.end();
		process.stdout.resume();
		process.stderr.resume();
		const {promise: late, reject} = Promise.withResolvers<never>();
		const timer = setTimeout(() => {
			reject(new HolmError('unavailable', `${name} did not take a signal in time`));
		}, asideMs);
		try {
			await Promise.race([process.closed, late]);
		} finally {
			clearTimeout(timer);
			process.close();
		}
	});

	return {
		async take({isShort, line, ...options}) {
			for (;;) {
				const connection = await place(isShort);
				let isFree = false;
				const free = () => {
					if (!isFree) {
						isFree = true;
						giveBack(connection, isShort);
					}
				};

				let opened: Link | undefined;
				try {
					opened = await linkOf(connection);
					const process = await opened.execute(line, options);
					process.closed.then(free, free);
					return {process, aside: asideOf(connection, opened)};
				} catch (error) {
					free();
					// The server allows fewer sessions than usual: this one waits until another has ended.
					if (!isRefusal(error) || !opened?.isAlive() || connection.sessions === 0) {
						throw error;
					}

					connection.most = Math.max(connection.sessions, 1);
				}
			}
		},
		roundTripMs: () => connections[0]!.link?.roundTripMs(),
		close() {
			isClosed = true;
			for (const {link: opened} of connections) {
				opened?.close();
			}
		},
	};
};
